"""What is wrong with a configuration, or went wrong with a run."""

__all__ = ["ConfigError", "TrainingFailed", "first_line"]


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


class TrainingFailed(RuntimeError):
    """A training broke off; its record is written, the traceback in it, and the message says where."""


def first_line(error: BaseException) -> str:
    """What an error says first; its type where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)
