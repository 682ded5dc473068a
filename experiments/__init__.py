"""Experiments: configured, recorded and reproducible runs of agents on tasks."""
