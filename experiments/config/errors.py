"""What is wrong with a configuration."""

__all__ = ["ConfigError"]


class ConfigError(ValueError):
    """The configuration does not describe a run; the message says which part and why."""
