import pytest

from benchmarks.write.speed import PARTS, main, speed


def test_every_part_is_measured_on_both_clocks() -> None:
    found = speed(programs=24, rows=8, layers=2, seconds=0.05)
    assert found.wall.keys() == found.processor.keys() == PARTS.keys()
    assert all(value > 0 for value in found.wall.values())
    parts = [found.wall[name] for name in ("grammar", "lowering", "play", "distance")]
    assert max(parts) < found.wall["total"] < 2 * sum(parts)
    assert 1 <= found.layers <= 2 < found.tokens
    assert 0 < found.new <= 1


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(ValueError, match="no part 'sped'"):
        main(["part=sped"])
