from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from agents.search import Search
from experiments.config.build import build_agent, build_env_spec, build_task, build_vec_env
from experiments.config.errors import ConfigError
from experiments.tuning.space import search_space
from experiments.tuning.trials import run_config
from raveforce.env import RaveForceEnv

CONF = Path(__file__).resolve().parents[3] / "conf"
OPTIONS = [
    f"{group.name}={option.stem}"
    for group in sorted(CONF.iterdir())
    if group.is_dir()
    for option in sorted(group.glob("*.yaml"))
    if group.name != "study"
]

NEEDS = {
    "agent=dqn": ["task=drum_loop"],
    "agent=qrdqn": ["task=drum_loop"],
    "agent=maskable_ppo": ["task=write"],
    "agent=gcsl": ["task=match", "observation=log_mel_goal"],
    "agent=grpo": ["task=match", "task.attempts=2", "observation=log_mel_goal"],
    "experiment=match_recordings": ["task.target=KITS"],
    "agent=sb3": ["agent.algorithm=sb3_contrib:CrossQ"],
    "task=custom": ["task.name=kick"],
    "task=write": ["agent=random"],
}
"""What an option cannot do without."""


@pytest.mark.parametrize("option", [option for option in OPTIONS if option != "engine=wasmer"])
def test_every_file_in_conf_builds_a_run(option: str, kits: Path) -> None:
    group, _, name = option.partition("=")
    needs = [need.replace("KITS", str(kits)) for need in NEEDS.get(option, [])]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        choices = [f"agent={name.removesuffix('_multi_step')}", f"tune={name}"] if group == "tune" else [option, *needs]
        cfg = compose("tune" if group == "tune" else "config", choices)
    if group == "tune":  # its settings, all of which the agent takes
        space = dict(search_space(cfg.tune))
        assert space
        chosen = {
            key: bounds["choices"][-1] if "choices" in bounds else bounds["high"] for key, bounds in space.items()
        }
        cfg = run_config(cfg, chosen)
    env = build_vec_env(cfg, build_env_spec(cfg))
    agent = build_agent(cfg, env)
    observation = env.reset()
    if isinstance(agent, Search):
        agent.learn(cfg.num_envs)
    assert agent.predict(observation)[0].shape == (cfg.num_envs, *env.action_space.shape)
    env.close()


def test_a_task_can_be_defined_in_yaml_alone(configure: Callable[..., DictConfig], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "target.wav", np.sin(np.arange(22050) / 10) / 2, 22050)
    cfg = configure()
    cfg.task = OmegaConf.create(
        f"""
        name: bell
        code: |
          ~env: imp 0.1 >> envperc {{attack}} {{decay}}
          bell: {{wave}} {{freq}} >> mul ~env
        parameters:
          attack: [lin, 0.001, duration / 2]
          decay: [rel, attack, duration - x]
          wave: [choose, [sin, tri]]
          freq: [exp, 100, 1000]
        target: {tmp_path / "target.wav"}
        """
    )
    task = build_task(cfg)
    assert (task.name, task.parameters.free) == ("bell", ("attack", "wave", "freq"))
    env = RaveForceEnv(build_env_spec(cfg))
    env.reset(seed=0)
    *_, info = env.step(np.zeros(3, np.float32))
    assert info["parameters"]["attack"] + info["parameters"]["decay"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["task.name=kik"], "task: unknown task 'kik'"),
        (["+task.lenght=3"], "task: .*lenght"),
        (["+task.tirm=false"], r"task: .*tirm.*did you mean trim\?"),
        (["task.target=no/such.wav"], "task: .*does not exist"),
        (["task.target=''"], "task.target is empty"),
        (["num_envs=10000000"], "num_envs: 10000000 rows of 17640 samples need 2116.8 GB"),
        (["agent.algorithm=sb3_contrib:CrosQ"], "agent: .*there is no sb3_contrib:CrosQ"),
        (["reward.distance=mse"], "reward: unknown distance 'mse'"),
        (["reward.kind=plus"], "reward: unknown reward kind"),
        (["observation.kind=pixels"], "observation: unknown observation"),
        (["+observation.n_mel=3"], "observation: .*n_mel"),
        (["agent.algorithm=dqm"], "agent: unknown agent"),
        (["+agent.settings.n_step=3"], r"agent: .*n_step.*did you mean n_steps\?"),
    ],
)
def test_a_wrong_setting_is_named_with_its_group(
    configure: Callable[..., DictConfig], overrides: list[str], said: str
) -> None:
    cfg = configure(*overrides)
    with pytest.raises(ConfigError, match=said):
        build_agent(cfg, build_vec_env(cfg, build_env_spec(cfg)))
