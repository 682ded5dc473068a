"""The parts of ``experiments.tune``: search space, storage of the study, trials."""
