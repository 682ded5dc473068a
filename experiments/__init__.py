"""Experiments: configured, recorded and reproducible runs of agents on tasks."""

import sys

from raveforce._console import end_briefly

if sys.argv[:1] == ["-m"]:  # as it is while Python looks for the module that ``python -m`` names
    end_briefly()
