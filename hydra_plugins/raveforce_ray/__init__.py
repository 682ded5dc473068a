"""A Hydra plugin: sweeps on a Ray cluster."""
