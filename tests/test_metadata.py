"""What a package index shows of the wheel, and what the wheel asks for."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageMetadata
from pathlib import Path

import pytest
from build.util import project_wheel_metadata
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/chaosprint/RaveForce"
RAW = "https://raw.githubusercontent.com/chaosprint/RaveForce/HEAD/"
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]*)\)")


@pytest.fixture(scope="module")
def metadata() -> PackageMetadata:
    return project_wheel_metadata(ROOT, isolated=False)


def links(text: str) -> Iterator[tuple[bool, str]]:
    """Whether it is a picture, and where it leads; code has none."""
    for match in LINK.finditer(re.sub(r"```.*?```", "", text, flags=re.S)):
        yield match[1] == "!", match[2]


def shown(metadata: PackageMetadata) -> str:
    """The page."""
    return metadata.json["description"]  # type: ignore[return-value]


def test_the_readme_stands_alone(metadata: PackageMetadata) -> None:
    """Every link of its own leads to a file of the repository, every picture to the file itself."""
    here, there = list(links((ROOT / "README.md").read_text(encoding="utf-8"))), list(links(shown(metadata)))
    assert len(here) == len(there) > 20
    for (is_picture, written), (_, leads) in zip(here, there, strict=True):
        if re.match("https?://", written):
            assert leads == written
        else:
            assert leads == (RAW if is_picture else f"{REPOSITORY}/blob/HEAD/") + written
            assert (ROOT / written.partition("#")[0]).is_file(), written


def test_the_rest_of_the_readme_is_as_it_is_written(metadata: PackageMetadata) -> None:
    without = [LINK.sub("", text) for text in ((ROOT / "README.md").read_text(encoding="utf-8"), shown(metadata))]
    assert without[0].strip() == without[1].strip()


def test_the_index_knows_where_the_project_is(metadata: PackageMetadata) -> None:
    urls = dict(text.split(", ") for text in metadata.get_all("Project-URL") or ())
    assert {"Repository", "Documentation", "Changelog", "Issues"} <= urls.keys()
    assert all(url.startswith(REPOSITORY) for url in urls.values())
    for url in urls.values():  # what is a file or folder of the repository is there
        for kept in re.findall(r"/(?:tree|blob)/HEAD/(.*)", url):
            assert (ROOT / kept).exists()
    assert f"repository-code: {REPOSITORY}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def requirements(metadata: PackageMetadata, extra: str | None) -> list[Requirement]:
    """What the package itself asks for, on whatever Python, or what one extra adds."""
    found = [Requirement(text) for text in metadata.get_all("Requires-Dist") or ()]
    extras = [one for one in found if "extra ==" in str(one.marker)]
    if extra is None:
        return [one for one in found if one not in extras]
    return [one for one in extras if one.marker is not None and one.marker.evaluate({"extra": extra})]


@pytest.mark.parametrize("extra", [None, "plot", "sb3"])
def test_what_a_library_beside_others_asks_for_is_wide(metadata: PackageMetadata, extra: str | None) -> None:
    """Each has a floor; only the one whose internals are used has a ceiling."""
    asked: dict[str, set[str]] = {}
    for one in requirements(metadata, extra):
        asked.setdefault(one.name, set()).update(each.operator for each in one.specifier)
    assert asked
    for name, operators in asked.items():
        assert operators == ({">=", "<"} if name == "numba" else {">="}), name


def test_trainings_and_development_are_extras(metadata: PackageMetadata) -> None:
    assert {one.name for one in requirements(metadata, "sb3")} == {"stable-baselines3"}
    assert {"torch", "hydra-core", "stable-baselines3"} <= {one.name for one in requirements(metadata, "train")}
    assert not {one.name for one in requirements(metadata, None)} & {"torch", "hydra-core", "matplotlib", "librosa"}


@pytest.mark.slow
@pytest.mark.install
@pytest.mark.xdist_group("install")
@pytest.mark.parametrize("client", ["rl_zoo3", "ray[rllib]", "moviepy", "minari", "skrl", "torchrl", "tianshou"])
def test_it_can_be_installed_beside(client: str, tmp_path: Path) -> None:
    """Some set of versions suits both; found, not installed."""
    uv = pytest.importorskip("uv", reason="uv finds versions that suit").find_uv_bin()
    (tmp_path / "wanted.in").write_text(f"raveforce[sb3,plot] @ {ROOT.as_uri()}\n{client}\n")
    command = [uv, "pip", "compile", "--quiet", "--python", sys.executable, str(tmp_path / "wanted.in")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "gymnasium==" in done.stdout


def test_without_stable_baselines3_it_is_said_how_to_get_it() -> None:
    code = "import sys; sys.modules['stable_baselines3'] = None; import raveforce.sb3"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert 'raveforce.sb3 needs Stable-Baselines3: pip install "raveforce[sb3]"' in done.stderr
