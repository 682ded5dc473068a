import subprocess
import sys
from pathlib import Path

import pytest

from experiments.config import checks, command_line
from experiments.config.checks import check
from experiments.config.command_line import (
    check_folder_is_free,
    check_place,
    help_text,
    prepare,
    with_quoted_paths,
    with_registered_names,
)
from experiments.config.errors import ConfigError
from experiments.config.options import Option, read_options
from experiments.config.overrides import parse

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = {"run": Option("a folder"), "episodes": Option("how many", 1, int, least=1), "write": Option("", False, bool)}


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("task.target=808", "808"),
        ("task.target=Schläge/kick.wav", "Schläge/kick.wav"),
        ("task.target=it's (1).wav", "it's (1).wav"),
        ("task.target=~/kick.wav", str(Path.home() / "kick.wav")),
        ("+evaluation_task.target=true", "true"),
        ("hydra.run.dir=/tmp/größe", "/tmp/größe"),
    ],
)
def test_paths_need_no_quoting(argument: str, path: str) -> None:
    (override,) = parse(with_quoted_paths([argument]))
    assert override.value() == path


def test_a_path_that_names_no_user_stays_as_it_is() -> None:
    assert with_quoted_paths(["task.target=~kick.wav"]) == ["task.target='~kick.wav'"]


def test_what_hydra_reads_itself_is_left_alone() -> None:
    arguments = ["-m", "task.target=a.wav,b.wav", "task.target=null", "task.target='808'", "seed=3", "resume=auto"]
    assert with_quoted_paths(arguments) == arguments


def test_a_text_that_hydra_cannot_read_is_to_be_quoted() -> None:
    with pytest.raises(ConfigError, match=r"if that is a text, quote it: \"tracking.group='Übung'\""):
        parse(["tracking.group=Übung"])


def test_an_algorithm_by_its_path_has_its_own_settings() -> None:
    path = "agent.algorithm=sb3_contrib:CrossQ"
    assert with_registered_names([path]) == [path, "agent=sb3"]
    assert with_registered_names([path, "agent=sac"]) == [path, "agent=sac"]


def test_names_and_paths_stand_where_options_do() -> None:
    assert with_registered_names(["agent=my:Grid", "task=kick", "seed=1", "reward=my:Distance"]) == [
        *("agent=sb3", "task=kick", "seed=1", "reward=task"),
        *("agent.algorithm=my:Grid", "reward.distance=my:Distance"),
    ]
    with pytest.raises(ConfigError, match=r"there is no agent=sca; did you mean sac\?"):
        check(with_registered_names(["agent=sca"]))


def test_hydras_completion_is_no_setting() -> None:
    assert prepare(["-sc", "install=bash"]) == ["-sc", "install=bash"]


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("log_every=0", "log_every is at least 1, and not 0"),
        ("torch_threads=0", "torch_threads is between 1 and 1024, and not 0"),
        ("evaluation_episodes=0", "evaluation_episodes is at least 1, and not 0"),
        ("tracking.mode=onlin", "one of offline, online, disabled, and not 'onlin'; did you mean online"),
        ("+observation.hop_length=0", "observation.hop_length is at least 1, and not 0"),
        ("seed=-1", "seed is between 0 and 4294967295, and not -1"),
        ("agent.settings.batch_size=0", "agent.settings.batch_size is between 1 and 1000000000, and not 0"),
        ("agent.settings.buffer_size=0", "agent.settings.buffer_size is between 1 and 1000000000, and not 0"),
        ("agent.settings.gamma=nan", "agent.settings.gamma is between 0 and 1, and not nan"),
        ("agent.settings.tau=5", "agent.settings.tau is between 0 and 1, and not 5"),
        ("agent.settings.learning_rate=inf", "agent.settings.learning_rate is at least 0, and not inf"),
        ("agent.settings.gradient_steps=1000000000", "gradient_steps is between -1 and 1000000, and not 1000000000"),
        ("agent.settings.policy_kwargs.net_arch=[64,0]", "net_arch is of sizes between 1 and 65536, and not"),
        ("+agent.settings.policy_kwargs.net_arch={pi:[64],qf:[-1]}", "net_arch is of sizes between 1 and 65536"),
    ],
)
def test_ranges_are_checked_like_types(argument: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check([argument])


def test_a_task_of_ones_own_that_cannot_be_made_is_named_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "task" / "mine.yaml"
    file.parent.mkdir()
    file.write_text("code: 'o: sin {freq}'\nparameters: {freq: [lin, 100, 50]}\ntarget: kick.wav\n")
    command = [
        sys.executable,
        "run.py",
        "--config-dir",
        str(tmp_path),
        f"hydra.run.dir={tmp_path / 'run'}",
        "task=mine",
    ]
    for more, said in (
        ([], f"run.py: task: kick.wav does not exist (looked from {ROOT}) (in {file})\n"),
        (["task.target=my.wav"], f"run.py: task: my.wav does not exist (looked from {ROOT})\n"),
    ):
        done = subprocess.run([*command, *more], cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert (done.returncode, done.stderr) == (1, said)


def test_a_folder_that_holds_a_run_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    run, sweep = tmp_path / "run", tmp_path / "sweep"
    run.mkdir()
    (run / "config.yaml").write_text("seed: 1\n")
    with pytest.raises(ConfigError, match="holds a run already"):
        check_folder_is_free([f"hydra.run.dir={run}"])
    check_folder_is_free([f"hydra.run.dir={run}", "resume=auto"])
    check_folder_is_free([f"hydra.run.dir={tmp_path}/other_${{seed}}"])
    sweep.mkdir()
    (sweep / "multirun.yaml").write_text("hydra: {overrides: {task: ['reward=mss', 'seed=0,1', 'progress=false']}}\n")
    arguments = ["-m", f"hydra.sweep.dir={sweep}", "seed=0,1,2"]
    with pytest.raises(ConfigError, match="holds a sweep already"):
        check_folder_is_free([*arguments, "reward=mss"])
    check_folder_is_free([*arguments, "reward=mss", "resume=auto"])
    check_folder_is_free([*arguments, "reward=mss,log_mel", "resume=auto"])
    with pytest.raises(ConfigError, match="holds a sweep with reward=mss, not log_mel"):
        check_folder_is_free([*arguments, "reward=log_mel", "resume=auto"])
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["config.yaml", "multirun.yaml", "run", "sweep"]
    (run / ".hydra").mkdir()
    (run / ".hydra" / "config.yaml").touch()
    with pytest.raises(ConfigError, match="holds a run, not a sweep"):
        check_folder_is_free(["-m", f"hydra.sweep.dir={run}", "seed=0,1"])


@pytest.mark.parametrize("config", ["config", "tune"])
def test_a_place_that_cannot_be_written_is_refused_before_hydra_tries_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    (tmp_path / "file").touch()
    for setting, more in (("hydra.run.dir", []), ("hydra.sweep.dir", ["-m"])):
        for place in ("file", "file/run", "file/${seed}"):
            with pytest.raises(ConfigError, match=f"^{setting}: nothing can be written into .*file.* is no folder"):
                check_place([*more, f"{setting}={tmp_path}/{place}"], config)
        check_place([*more, f"{setting}={tmp_path}/new/${{now:%H}}_${{seed}}"], config)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").touch()
    with pytest.raises(ConfigError, match="nothing can be written into results/"):
        prepare(["seed=1"], config)
    check_place(["--cfg", "job"], config)
    assert prepare(["--help"], config) == ["--help"]


def test_the_options_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    values, others = read_options(["run=a/b", "--write", "task.target=x"], OPTIONS, doc="What.", settings="settings")
    assert values == {"run": "a/b", "episodes": 1, "write": True}
    assert others == ["task.target=x"]
    like = {"dry-run": Option("only say", False, bool), "by_seed": Option("one after the other", True, bool)}
    read, _ = read_options(["dry_run=true", "--by-seed=false"], like, doc=None, settings="settings")
    assert read == {"dry-run": True, "by_seed": False}
    with pytest.raises(SystemExit) as end:
        read_options(["--help"], OPTIONS, doc="What it does.")
    assert end.value.code is None
    assert "What it does." in (said := capsys.readouterr().out)
    assert "episodes  how many (default 1)" in said


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("episode=3", r"there is no option episode=3; did you mean episodes\?"),
        ("episodes=0", "episodes is a whole number, at least 1, and not 0"),
        ("episodes=2.5", "episodes is a whole number, at least 1, and not 2.5"),
        ("run", "run needs a value"),
    ],
)
def test_wrong_options_are_said_in_a_line(argument: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_options([argument], OPTIONS, doc=None)


@pytest.mark.parametrize("config", ["config", "tune"])
def test_help_shows_groups_and_the_settings_that_were_chosen(config: str) -> None:
    text = help_text(prepare(["--help", "agent=td3", "seed=7"], config), config)
    assert "\nengine: auto, native, wasm, wasmer\n" in text
    assert "kick/sac" in text
    assert "algorithm: td3" in text
    assert "\nseed: 7\n" in text


def test_help_without_settings_composes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    composed = []
    for module in (command_line, checks):
        original = module.compose
        monkeypatch.setattr(
            module, "compose", lambda *args, f=original, **options: composed.append(args) or f(*args, **options)
        )
    assert "task:" in help_text(prepare(["--help"]))
    assert len(composed) == 1
