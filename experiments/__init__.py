"""Experiments: configured, recorded and reproducible runs of agents on tasks."""

import raveforce  # noqa: F401  # first: it sees to it that a command that is interrupted while it is imported says so
