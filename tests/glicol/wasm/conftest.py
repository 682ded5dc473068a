import pytest

from raveforce.glicol.wasm.binary import load_binary


@pytest.fixture(scope="session")
def glicol_binary() -> bytes:
    """The real binary, from wherever this machine has it."""
    return load_binary()
