"""The groups of options in folders of configurations, and the files that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from omegaconf import DictConfig

from experiments.config.errors import ConfigError
from experiments.records.texts import read_yaml

__all__ = ["CONF", "check_files", "config_dir", "config_groups", "group_file", "problem_of"]

CONF = Path(__file__).resolve().parents[2] / "conf"


def config_dir(arguments: Sequence[str]) -> Path | None:
    """The folder of further configurations that ``--config-dir`` names."""
    for index, text in enumerate(arguments):
        option, _, value = text.partition("=")
        if option in ("--config-dir", "-cd"):
            return Path(value or "".join(arguments[index + 1 : index + 2])).resolve()
    return None


def config_groups(*folders: Path) -> dict[str, list[str]]:
    """The options of the groups in folders of configurations; ``tuned=kick/sac`` chooses one of a folder below.

    Read from the folders, since Hydra takes a second to list them.

    >>> config_groups(CONF)["engine"]
    ['auto', 'native', 'wasm', 'wasmer']
    """
    groups: dict[str, list[str]] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.yaml")):
            path = file.relative_to(folder).with_suffix("")
            if len(path.parts) > 1 and path.parts[0] != "hydra":
                groups.setdefault(path.parts[0], []).append("/".join(path.parts[1:]))
    return groups


def group_file(folder: Path, choice: str) -> Path:
    """Where the option lies that ``group=option`` chooses."""
    group, _, option = choice.lstrip("+").partition("=")
    return folder / group.partition("@")[0] / f"{option}.yaml"


def check_files(files: Iterable[Path]) -> None:
    """Raise ``ConfigError`` for the first file that holds no settings."""
    broken = next(filter(None, map(problem_of, filter(Path.is_file, files))), "")
    if broken:
        raise ConfigError(broken)


def problem_of(file: Path) -> str:
    """Why a file holds no settings; empty where it does."""
    try:
        found = read_yaml(file)
    except UnicodeDecodeError:
        return f"{file} is no text in UTF-8"
    except OSError as error:
        return f"{file} cannot be read: {error.strerror}"
    except ValueError as error:
        return f"{file} is no YAML of settings: {error}"
    return "" if isinstance(found, DictConfig) else f"{file} holds a list, not settings (key: value)"
