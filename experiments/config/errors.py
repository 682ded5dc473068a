"""What is wrong with a configuration."""

__all__ = ["ConfigError"]


class ConfigError(ValueError):
    """The configuration does not describe a run; the message says which part and why.

    Parameters
    ----------
    message : what is wrong
    group : of Hydra's groups, the one whose settings are wrong; empty where it is none
    """

    def __init__(self, message: str, *, group: str = "") -> None:
        super().__init__(message)
        self.group = group
