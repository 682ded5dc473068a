"""Settings that belong to a task: which are taken, what goes over them, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from agents.registry import AGENTS
from experiments.config.command_line import prepare
from experiments.config.errors import ConfigError
from experiments.config.resume import check_same
from experiments.config.tuned import describe, note_changes, tuned_on
from raveforce.observations import OBSERVATIONS
from raveforce.tasks import TASKS

CONF = Path(__file__).resolve().parents[3] / "conf"
FILES = sorted(path.relative_to(CONF / "tuned") for path in CONF.glob("tuned/*/*.yaml"))


def composed(*arguments: str) -> DictConfig:
    """What run.py makes of its arguments."""
    prepared = prepare(arguments)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        cfg = compose("config", prepared)
    note_changes(cfg, arguments)
    return cfg


def plain(agent: str) -> Any:
    return OmegaConf.load(CONF / "agent" / f"{agent}.yaml")


def test_a_task_brings_the_settings_that_were_found_for_it() -> None:
    cfg = composed("task=kick", "agent=sac")
    found = OmegaConf.load(CONF / "tuned" / "kick" / "sac.yaml")
    assert cfg.agent.settings == OmegaConf.merge(plain("sac").settings, found.settings)
    assert cfg.agent.settings != plain("sac").settings
    assert tuned_on(cfg) == found.tuned_on
    said = describe(cfg)
    assert said == "settings tuned on kick (reward mss, observation parameters, 3000 steps)"


@pytest.mark.parametrize("arguments", [["task=match"], ["task=kick", "agent.tuned=false"], ["task=kick", "tuned=none"]])
def test_where_nothing_was_found_or_wanted_they_are_the_plain_ones(arguments: list[str]) -> None:
    cfg = composed("agent=sac", *arguments)
    assert cfg.agent == plain("sac")
    assert tuned_on(cfg) is None
    assert describe(cfg) == "settings not tuned"


def test_the_command_line_goes_over_them_and_that_is_said() -> None:
    cfg = composed("agent=td3", "agent.settings.gamma=0.5")
    assert cfg.agent.settings.gamma == 0.5
    assert cfg.agent.settings.action_noise_steps == 2700
    assert describe(cfg).endswith("3000 steps) but for gamma")


def test_an_experiment_chooses_task_and_agent_and_gets_their_settings() -> None:
    assert composed("experiment=kick_td3").agent == composed("agent=td3").agent
    assert composed("experiment=kick_td3", "agent=ppo").agent == composed("agent=ppo").agent
    assert composed("experiment=kick_td3", "agent.tuned=false").agent == plain("td3")


def test_what_was_not_tuned_on_the_task_itself_says_so() -> None:
    assert describe(composed("task=snare", "agent=td3")).startswith("settings tuned on kick (")
    assert describe(composed("task=snare", "agent=tqc")).startswith("settings tuned on kick for sac (")


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_file_is_of_a_task_and_an_agent_and_says_what_it_was_tuned_on(file: Path) -> None:
    task, agent = file.parent.name, file.stem
    cfg = composed(f"task={task}", f"agent={agent}")
    found = tuned_on(cfg)
    assert found is not None
    assert found["task"] in TASKS
    assert (CONF / "reward" / f"{found['reward']}.yaml").exists()
    assert found["observation"] in OBSERVATIONS
    assert found["reached"] > 0
    assert found["total_timesteps"] > 0
    assert cfg.agent.algorithm in AGENTS.names()
    text = (CONF / "tuned" / file).read_text(encoding="utf-8")
    assert text.startswith("# @package agent\n")
    assert any(word in text for word in ("experiments.tune", "run.py", "defaults:")), "the command that found them"


def test_what_is_wrong() -> None:
    with pytest.raises(ConfigError, match=r"agent\.tuned is true or false, and not often"):
        prepare(["agent.tuned=often"])
    with pytest.raises(
        ConfigError, match=r"no agent=sac_one_step any more: agent=sac takes the settings found for a task"
    ):
        prepare(["agent=sac_one_step"])
    with pytest.raises(ConfigError, match=r"no tuned=kick/sax; did you mean kick/sac\?"):
        prepare(["tuned=kick/sax"])


def test_a_run_is_the_same_whatever_is_said_of_where_its_settings_come_from(tmp_path: Path) -> None:
    cfg = composed("agent=sac")
    OmegaConf.save(cfg, tmp_path / "config.yaml")
    cfg.agent.tuned_on.reached = 0.1
    check_same(tmp_path, cfg)
    with pytest.raises(ConfigError, match="another agent"):
        check_same(tmp_path, composed("agent=sac", "agent.tuned=false"))
