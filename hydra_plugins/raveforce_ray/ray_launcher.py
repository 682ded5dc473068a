"""Hydra launcher that runs a sweep's jobs on a Ray cluster: ``hydra/launcher=ray``.

Without ``hydra.launcher.address`` Ray starts on this machine alone. The nodes of a cluster must see this folder and the
results under the same path, as they do on a shared file system. Nothing here imports Ray until a sweep starts.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.singleton import Singleton
from hydra.core.utils import JobReturn, JobStatus, configure_log, filter_overrides, run_job, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

__all__ = ["RayLauncher"]

log = logging.getLogger(__name__)


SETTINGS: dict[str, Any] = {
    "_target_": "hydra_plugins.raveforce_ray.ray_launcher.RayLauncher",
    "address": None,  # of the cluster, such as auto on one of its nodes; null starts Ray on this machine
    "num_cpus": None,  # cores that Ray may use when it starts here; null for all
    "cpus_per_job": 1,
    "gpus_per_job": 0,
    "init": {},  # further arguments of ray.init
}
# A dictionary, because Hydra loads plugins in a way that dataclasses do not bear.
ConfigStore.instance().store(group="hydra/launcher", name="ray", node=SETTINGS, provider="raveforce")


class RayLauncher(Launcher):
    """Runs each job as a Ray task."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Take what Hydra gives to every launcher."""
        self.hydra_context = hydra_context
        self.task_function = task_function
        self.config = config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run the jobs; one that takes its worker down with it does not stop the others."""
        import ray

        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        sweep = Path(str(self.config.hydra.sweep.dir))
        sweep.mkdir(parents=True, exist_ok=True)
        log.info("Ray runs %d jobs, sweep output dir: %s", len(job_overrides), sweep)
        self._connect()
        try:
            task = ray.remote(_run).options(
                num_cpus=self.settings["cpus_per_job"],
                num_gpus=self.settings["gpus_per_job"],
                max_retries=0,
            )
            # Once into Ray's store, not once a job.
            shared = ray.put((self.hydra_context, self.task_function, self.config, Singleton.get_state()))
            references = []
            for number, overrides in enumerate(job_overrides, start=initial_job_idx):
                log.info("\t#%d : %s", number, " ".join(filter_overrides(overrides)))
                references.append(task.remote(shared, list(overrides), number))
            return [
                self._result(reference, list(overrides), number)
                for number, (reference, overrides) in enumerate(
                    zip(references, job_overrides, strict=True), start=initial_job_idx
                )
            ]
        finally:
            ray.shutdown()

    def _connect(self) -> None:
        import ray

        here = os.getcwd()
        paths = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
        settings: Any = {
            "address": self.settings["address"] or "local",
            "include_dashboard": False,
            "runtime_env": {"env_vars": {"PYTHONPATH": paths}},
            **self.settings["init"],
        }
        if self.settings["num_cpus"] is not None:
            settings["num_cpus"] = self.settings["num_cpus"]
        if settings["address"] != "local":
            settings.pop("include_dashboard")
        ray.init(**settings)

    def _result(self, reference: Any, overrides: list[str], number: int) -> JobReturn:
        """A job's result; NaN, with a note in its folder, for one whose worker died."""
        import ray

        from experiments.sweeps import note_failure

        try:
            result: JobReturn = ray.get(reference)
        except ray.exceptions.RayError as error:
            job = _configure(self.hydra_context, self.config, overrides, number)
            HydraConfig.instance().set_config(job)
            folder = Path(str(job.hydra.sweep.dir)) / str(job.hydra.sweep.subdir)
            (folder / ".hydra").mkdir(parents=True, exist_ok=True)
            OmegaConf.save(OmegaConf.create(overrides), folder / ".hydra" / "overrides.yaml")
            note_failure(folder, error)
            return JobReturn(overrides=overrides, status=JobStatus.COMPLETED, _return_value=float("nan"))
        return result


def _run(shared: Any, overrides: list[str], number: int) -> JobReturn:
    """Run a job, in a worker."""
    hydra_context, task_function, config, singletons = shared
    setup_globals()
    Singleton.set_state(singletons)
    job = _configure(hydra_context, config, overrides, number)
    HydraConfig.instance().set_config(job)
    result = run_job(
        hydra_context=hydra_context,
        config=job,
        task_function=task_function,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    sys.stdout.flush()
    return result


def _configure(hydra_context: HydraContext, config: DictConfig, overrides: list[str], number: int) -> DictConfig:
    job = hydra_context.config_loader.load_sweep_config(config, overrides)
    with open_dict(job):
        job.hydra.job.id = f"{job.hydra.job.name}_{number}"
        job.hydra.job.num = number
    return job
