"""The native engine as an environment uses it: rows, steps, resets, threads, errors; how auto chooses it."""

import builtins
import logging
import multiprocessing
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from raveforce._compile import compiled_folder
from raveforce.fourier import load
from raveforce.glicol import (
    Engine,
    GlicolError,
    Program,
    ProgramError,
    UnsupportedProgram,
    engine,
    open_engine,
)
from raveforce.glicol.native.kernel import SOURCES

KICK = "~env: imp 0.1 >> envperc {} {}; kick: sin {} >> mul ~env"
BASS = "~t: speed {} >> seq {} 62 _ 65; ~e: ~t >> envperc 0.01 0.1; ~p: ~t >> mul 110\n" + (
    "o: saw ~p >> lpf {} {} >> mul ~e"
)
ROOM = "o: saw {} >> delayms {} >> apfmsgain {} 0.5 >> plate 0.3"
RANGES = {
    KICK: ([0.001, 0.05, 40], [0.02, 0.3, 200]),
    BASS: ([1, 40, 100, 0.5], [9, 80, 5000, 9]),
    ROOM: ([30, 1, 1], [300, 40, 30]),
}


def draw(template, rows, seed=0):
    values = np.random.default_rng(seed).uniform(*RANGES[template], (rows, len(RANGES[template][0])))
    return np.round(values) if template == BASS else values


def native(template, **options):
    return open_engine(template, kind="native", **options)


def test_it_follows_the_protocol():
    opened = native(KICK, rows=3, sample_rate=48000)
    assert isinstance(opened, Engine)
    assert (opened.kind, opened.rows, opened.sample_rate) == ("native", 3, 48000)
    assert opened.program == Program(KICK)
    audio = opened.play(draw(KICK, 3), 1000)
    assert audio.shape == (3, 1000)
    assert audio.dtype == np.float32
    opened.add_sample("kick", np.zeros(10))
    opened.close()
    opened.close()


@pytest.mark.parametrize("rows", [2, 3, 4, 5, 9, 17])
@pytest.mark.parametrize("template", RANGES)
def test_a_batch_is_its_rows_bit_for_bit(template, rows):
    steps = [(draw(template, rows, seed), samples) for seed, samples in enumerate((3000, 500, 77, 4000))]
    together = native(template, rows=rows)
    batch = np.concatenate([together.play(values, samples) for values, samples in steps], 1)
    assert batch.any(1).all()
    for row in range(rows):
        alone = native(template)
        sound = np.concatenate([alone.play(values[row : row + 1], samples) for values, samples in steps], 1)
        np.testing.assert_array_equal(sound[0], batch[row])


@pytest.mark.parametrize("template", RANGES)
def test_threads_change_nothing(template, monkeypatch):
    monkeypatch.setattr("raveforce.glicol.native.workers.WORK_PER_THREAD", 1)
    values = draw(template, 33)
    one, two = native(template, rows=33, num_threads=1), native(template, rows=33, num_threads=2)
    for samples in (3000, 100):
        np.testing.assert_array_equal(one.play(values, samples), two.play(values, samples))
    two.close()


@pytest.mark.parametrize(("template", "rows", "samples", "pays"), [(KICK, 8, 13230, False), (BASS, 64, 88200, True)])
def test_threads_are_used_only_where_they_pay(template, rows, samples, pays, monkeypatch):
    opened = native(template, rows=rows, num_threads=2)
    used = []
    running = opened._workers._running
    monkeypatch.setattr(opened._workers, "_running", lambda: used.append(True) or running())
    opened.play(draw(template, rows), samples)
    assert bool(used) == pays
    opened.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_threads_survive_a_fork(monkeypatch):
    monkeypatch.setattr("raveforce.glicol.native.workers.WORK_PER_THREAD", 1)
    values = draw(KICK, 33)
    opened = native(KICK, rows=33, num_threads=2)
    before = opened.play(values, 100)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()

    def child():
        opened.reset()
        queue.put(opened.play(values, 100))

    process = context.Process(target=child)
    process.start()
    process.join(30)
    assert process.exitcode == 0
    np.testing.assert_array_equal(queue.get(), before)
    opened.close()


@pytest.mark.parametrize("template", RANGES)
def test_a_reset_equals_a_new_engine_bit_for_bit(template):
    values = draw(template, 3)
    fresh = native(template, rows=3).play(values, 5000)
    opened = native(template, rows=3)
    opened.play(draw(template, 3, seed=9), 777)
    opened.reset()
    np.testing.assert_array_equal(opened.play(values, 5000), fresh)


# A filter whose numbers may change is quick in the middle of what is asked for, exact at its end: so how it
# is asked for may show in the last digits.
@pytest.mark.parametrize(("template", "tolerance"), [(KICK, 0), (ROOM, 0), (BASS, 1e-5)])
def test_rows_are_reset_by_themselves(template, tolerance):
    values = draw(template, 4)
    whole = native(template, rows=4).play(values, 5000)
    opened = native(template, rows=4)
    pieces = [opened.play(values, 1000)]
    opened.reset(rows=[1, 3])
    pieces += [opened.play(values, 1500), opened.play(values, 900)]
    sound = np.concatenate(pieces, 1)
    np.testing.assert_allclose(sound[[0, 2]], whole[[0, 2], :3400], rtol=0, atol=tolerance)
    np.testing.assert_allclose(sound[[1, 3], 1000:], whole[[1, 3], :2400], rtol=0, atol=tolerance)


@pytest.mark.parametrize("pieces", [[5000], [128] * 39 + [8], [1, 126, 1, 1, 0, 4871], [100] * 50])
def test_pieces_make_the_whole(pieces):
    for template, tolerance in ((KICK, 0), (ROOM, 0), (BASS, 1e-5)):
        values = draw(template, 2)
        opened = native(template, rows=2)
        parts = np.concatenate([opened.play(values, samples) for samples in pieces], 1)
        whole = native(template, rows=2).play(values, 5000)
        np.testing.assert_allclose(parts, whole, rtol=0, atol=tolerance)


def test_what_was_returned_stays():
    opened = native(KICK)
    first = opened.play([[0.01, 0.2, 60]], 1000)
    kept = first.copy()
    opened.play([[0.02, 0.1, 90]], 1000)
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize(
    "values", [[[0.1, 0.1]], [0.1, 0.1, 60], [[0.1, np.nan, 60]], [[0.1, np.inf, 60]], [[0.1, 1e39, 60]]]
)
def test_values_that_do_not_fit_are_refused(values):
    with pytest.raises(ProgramError):
        native(KICK).play(values, 10)


@pytest.mark.parametrize("index", [-1, 2, 0.5])
def test_a_word_that_is_not_offered_is_refused(index):
    opened = native(Program("o: {osc} 110", {"osc": ("sin", "saw")}))
    with pytest.raises(ProgramError, match="osc"):
        opened.play([[index]], 10)


@pytest.mark.parametrize("samples", [-1, 0.5])
def test_lengths_that_are_none_are_refused(samples):
    with pytest.raises(ValueError, match="whole"):
        native(KICK).play([[0.1, 0.1, 60]], samples)


@pytest.mark.parametrize(
    "options",
    [{"rows": 0}, {"num_threads": 0}, {"sample_rate": 0}, {"sample_rate": 44100.5}, {"bpm": 0}, {"seed": -1}],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=str(next(iter(options.values())))):
        native(KICK, **options)


def test_a_closed_engine_says_so():
    opened = native(KICK)
    opened.close()
    with pytest.raises(ValueError, match="closed"):
        opened.play([[0.1, 0.1, 60]], 10)


def test_an_engine_is_not_copied():
    with pytest.raises(TypeError, match="open another"):
        pickle.dumps(native(KICK))


def test_a_row_that_breaks_leaves_the_others_alone():
    opened = native("o: imp {}", rows=3)
    with pytest.raises(GlicolError, match="imp") as caught:
        opened.play([[10], [50000], [30]], 1000)
    error = caught.value
    assert (error.kind, error.row, error.code) == ("trap", 1, "o: imp 50000")
    np.testing.assert_array_equal(error.audio[[0, 2]], native("o: imp {}", rows=2).play([[10], [30]], 1000))
    assert np.isnan(error.audio[1]).all()
    again = opened.play([[10], [20], [30]], 5000)
    np.testing.assert_array_equal(again[1], native("o: imp {}").play([[20]], 5000)[0])


def test_a_fraction_where_the_language_takes_integers_is_a_syntax_error():
    opened = native("o: seq {} 60", rows=2)
    with pytest.raises(GlicolError, match="integers") as caught:
        opened.play([[60], [60.5]], 1000)
    error = caught.value
    assert (error.kind, error.row, error.code) == ("syntax", 1, "o: seq 60.5 60")
    assert (error.line, error.column) == (1, 8)
    assert not error.caused_by_values
    assert error.audio is None


def test_rows_may_choose_different_words():
    program = Program("o: {osc} {freq} >> mul 0.5", {"osc": ("sin", "saw", "squ")})
    opened = native(program, rows=4)
    batch = [opened.play(values, 700) for values in ([[0, 50], [1, 60], [2, 70], [1, 80]], [[1, 55]] * 4)]
    for row, first in enumerate([[0, 50], [1, 60], [2, 70], [1, 80]]):
        alone = native(program)
        np.testing.assert_array_equal(alone.play([first], 700)[0], batch[0][row])
        np.testing.assert_array_equal(alone.play([[1, 55]], 700)[0], batch[1][row])


def test_too_many_words_are_left_to_the_other_engine():
    words = {f"w{i}": ("sin", "saw", "tri") for i in range(6)}
    template = "; ".join(f"o{i}: {{w{i}}} 100" for i in range(6))
    with pytest.raises(UnsupportedProgram, match="729"):
        native(Program(template, words))


def test_auto_takes_native_where_it_can():
    assert open_engine(KICK).kind == "native"


def test_auto_falls_back_and_says_so_once(caplog):
    engine._say_once.cache_clear()
    with caplog.at_level(logging.INFO, logger="raveforce"):
        for _ in range(3):
            opened = open_engine(Program.literal("o: [0.0=>1.0, 1/2=>0.5]"), deadline=5.0, num_threads=1)
            assert opened.kind == "wasm"
    assert [record.message for record in caplog.records if "points" in record.message] == [
        "playing with the slower wasm engine: the native engine does not play 'points'; use engine='wasm'"
    ]


@pytest.mark.parametrize(
    ("template", "kind", "place"),
    [
        ("o: sin 440 >> lowpass 3", "syntax", (1, 15)),
        ("~lfo: sin {rate}\no: sin {} >> mul ~lof", "reference", (2, 18)),
        ("o: seq 60.5 {}", "syntax", (1, 8)),
    ],
)
def test_auto_says_what_is_wrong_when_it_is_opened(template, kind, place):
    with pytest.raises(GlicolError) as caught:
        open_engine(template)
    error = caught.value
    assert (error.kind, (error.line, error.column), error.row) == (kind, place, None)
    assert error.code == template  # blanks as they are


@pytest.mark.parametrize(
    ("template", "words"),
    [("o: sin 440 >> {w}", ("mul 0.5", "mull 0.5")), ("o: seq 6{} 60", ()), (r"o: imp {} >> sp \missing", ())],
)
def test_auto_opens_what_may_yet_play(template, words):
    opened = open_engine(Program(template, {"w": words} if words else {}))
    if "sp" in template:
        opened.add_sample("missing", [1.0, 0.5])
    assert opened.play([[0 if words else 1]], 1000).any()


@pytest.mark.parametrize("kind", ["native", "wasm"])
def test_what_breaks_has_a_place(kind):
    program = Program("~e: imp {rate}; o: {osc} {}\n>> mul ~e >> delayn {n}", {"osc": ("saw", "noise")})
    opened = open_engine(program, 2, kind=kind)
    opened.play([[10, 0, 100, 3]] * 2, 200)
    with pytest.raises(GlicolError, match="delayn") as caught:
        opened.play([[10, 0, 100, 3], [1000, 0, 123.4, 0.5]], 200)
    error = caught.value
    assert (error.kind, error.row, error.line, error.column) == ("trap", 1, 2, 14)
    with pytest.raises(GlicolError, match="imp") as caught:
        open_engine("o: sin {} >> mul ~x; ~x: imp {}", kind=kind).play([[440.25, 50000]], 200)
    assert (caught.value.line, caught.value.column) == (1, 30)


def test_auto_does_without_numba(monkeypatch):
    real_import = builtins.__import__

    def no_numba(name, *rest):
        if name.startswith("raveforce.glicol.native"):
            raise ImportError("No module named 'numba'")
        return real_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_numba)
    assert open_engine(KICK).kind == "wasm"


def test_errors_travel_between_processes():
    with pytest.raises(UnsupportedProgram) as caught:
        native("o: sin 1 >> pan 0.5")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.node, copy.line, copy.column) == ("pan", 1, 13)


def test_importing_compiles_nothing():
    code = "import sys, raveforce.glicol, raveforce.glicol.native; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_compiled_code_depends_on_all_its_sources():
    """No module that the kernel imports is missing among those whose change compiles it anew."""
    for package, sources in (("raveforce/glicol/native/kernel", SOURCES), ("raveforce/fourier", load.SOURCES)):
        for path in Path(package).glob("*.py"):
            for name in re.findall(r"^from (raveforce\S*) import", path.read_text(), re.MULTILINE):
                assert name.startswith((*sources, "raveforce._compile")), f"{path} imports {name}"


def test_the_cache_moves_with_the_setting(monkeypatch, tmp_path):
    monkeypatch.setenv("RAVEFORCE_CACHE", str(tmp_path))
    folder = compiled_folder("native", *SOURCES)
    assert folder.is_relative_to(tmp_path / "native")


WITHOUT_COMPILATION = """
import numpy as np
from raveforce.glicol import EngineUnavailable, open_engine
from raveforce import spectra
assert open_engine("o: sin 440").kind == "wasm"
assert open_engine("o: sin 440", kind="wasm").play([[]], 100).any()
assert spectra.power(np.ones((1, 4096), np.float32), n_fft=1024, hop_length=256).any()
try:
    open_engine("o: sin 440", kind="native")
except EngineUnavailable as error:
    print(error)
"""


def test_where_compilation_is_turned_off_the_other_engine_plays():
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_COMPILATION],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "NUMBA_DISABLE_JIT is set; use engine='wasm'" in run.stdout


@pytest.mark.slow
def test_a_first_start_compiles_with_a_notice_and_a_second_does_not(tmp_path):
    code = "from raveforce.glicol import open_engine; open_engine('o: sin 3', kind='native').play([[]], 10)"
    notices = []
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={"RAVEFORCE_CACHE": str(tmp_path), "PATH": "", "PYTHONPATH": "."},
        )
        notices.append("compiling the native engine" in run.stderr)
    assert notices == [True, False]
