from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import DictConfig

from experiments.config.checks import check
from experiments.config.errors import ConfigError
from experiments.config.settings import with_changes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["taks=kick"], "there is no setting taks; did you mean task?"),
        (["agent=sca"], "there is no agent=sca; did you mean sac? (the options are "),
        (["hydra/launcher=jobliib"], "there is no hydra/launcher=jobliib; did you mean joblib?"),
        (["-m", "agent=sac,pppo"], "there is no agent=pppo; did you mean ppo?"),
        (["experiment=kick_wave"], "there is no experiment=kick_wave; did you mean kick_waveform?"),
        (["total_timestep=10"], "there is no setting total_timestep; did you mean total_timesteps?"),
        (["learning_rate=0.1"], "there is no setting learning_rate; did you mean agent.settings.learning_rate?"),
        (["agent=ppo", "agent.settings.n_step=4"], "did you mean agent.settings.n_steps? (to add one: +agent"),
        (["task.tirm=false"], "there is no setting task.tirm; did you mean task.trim?"),
        (["seed=one"], "seed is a whole number, such as 0, and not 'one'"),
        (["-m", "seed=0,1.5"], "seed is a whole number, such as 0, and not 1.5"),
        (["progress=3"], "progress is true or false, such as True, and not 3"),
        (["agent.settings.learning_rate=fast"], "agent.settings.learning_rate is a number, such as 0.0046, and not"),
        (["agent.settings.policy_kwargs.net_arch=64"], "net_arch is a list, such as [256, 256], and not 64"),
        (["task.target=[a,b"], "task.target=[a,b: "),
        (["agent=[sac]"], "agent is the name of an option ("),
        (["task={name: kick}"], "task is the name of an option ("),
    ],
)
def test_what_is_wrong_is_said_with_what_was_meant(arguments: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        check(arguments)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--help"],
        ["task=kick", "agent=td3", "seed=3", "task.target=a/kick.wav"],
        ["-m", "agent=ppo,sac,td3", "seed=range(5)", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"],
        ["agent.settings.ent_coef=auto"],  # SAC takes a number or a text
        ["agent.settings.gamma=1"],
        ["agent=sb3", "agent.algorithm=sb3_contrib:CrossQ"],
        ["+agent.settings.target_entropy=-3"],
        ["tracking.mode=online", "tracking.group=null", "seed=${num_envs}"],
        ["experiment=kick_waveform", "debug=fast", "~tracking.tags"],
    ],
)
def test_what_is_right_passes(arguments: list[str]) -> None:
    check(arguments)


def test_the_arguments_of_tune() -> None:
    check(["task=kick", "agent=ppo", "trials=3", "study_name=mine", "storage=sqlite:///study.db"], "tune")
    with pytest.raises(ConfigError, match=r"there is no setting trails; did you mean trials\?"):
        check(["trails=3"], "tune")


UNFOLDING = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{','.join([f'*a{n}'] * 9)}]\n" for n in range(9)
)
FILES = {
    "name: 'kick\n": "mine.yaml is no YAML of settings: line 2, column 1: ",
    "name: kick\n  target: [a: b: c\n": "mine.yaml is no YAML of settings: line 2, column 9: ",
    b"name: \xff\xfe": "mine.yaml is no text in UTF-8",
    UNFOLDING: "mine.yaml is no YAML of settings: it unfolds to ",
    "a: " + "[" * 1500 + "]" * 1500: "mine.yaml is no YAML of settings: it is nested too deep",
    "5": "mine.yaml is no YAML of settings: it holds no settings",
    "- kick": "mine.yaml holds a list, not settings (key: value)",
}


@pytest.mark.parametrize("text", FILES, ids=range(len(FILES)))
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str | bytes) -> None:
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "mine.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as error:
        check(["--config-dir", str(tmp_path), "task=mine"])
    assert str(tmp_path / "task" / FILES[text]) in str(error.value)


def test_a_change_is_taken_for_the_command_s_own_option_also_after_a_group(
    configure: Callable[..., DictConfig],
) -> None:
    with pytest.raises(ConfigError, match="no setting episods; did you mean episodes"):
        with_changes(configure(), {"engine": "wasm", "episods": 3}, options=["episodes"])
