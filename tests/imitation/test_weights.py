import io
import zipfile

import numpy as np
import pytest

from raveforce.imitation.weights import LARGEST, PolicyError, read_weights


def test_an_archive_that_would_fill_the_memory_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.npy", "w") as member:
        for _ in range(LARGEST // (1 << 20) + 1):
            member.write(bytes(1 << 20))
    assert len(file.getvalue()) < 1 << 20
    with pytest.raises(PolicyError, match="would unfold to"):
        read_weights(file.getvalue(), 1)


def test_pickles_are_refused() -> None:
    file = io.BytesIO()
    np.savez(file, a=np.array([{"any": "object"}], dtype=object))
    with pytest.raises(PolicyError, match="allow_pickle=False"):
        read_weights(file.getvalue(), 1)
