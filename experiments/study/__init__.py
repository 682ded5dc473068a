"""Studies: many runs, one table, and what it says.

``matrix`` reads what is to be run, ``running`` runs what is left of it, ``table`` has a row for every run,
``durations`` says how long runs take, ``scores`` makes statistics of a table.
"""

from experiments.study.table import read_table

__all__ = ["read_table"]
