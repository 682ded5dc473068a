"""What a researcher could use instead. Each peer plays the same patch in its own terms, as its manual would have it."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.workloads import SAMPLE_RATE, Missing, Render, Values, Workload

__all__ = ["dawdreamer", "signalflow"]

_FAUST = {
    "kick": "process = os.osc(freq) * en.ar(attack, decay, 1 - 1');",
    "bass": "process = os.lf_saw(freq) : fi.resonlp(cutoff, resonance, 1) * en.ar(attack, decay, ba.pulse(5512));",
}


def dawdreamer(workload: Workload) -> Render:
    """DawDreamer playing Faust, block 512."""
    daw = _peer("dawdreamer")
    sliders = "".join(
        f'{name} = hslider("{name}", {low}, {low}, {high}, 0.00001);\n'
        for name, low, high in zip(workload.parameters, workload.low, workload.high, strict=True)
    )
    host = daw.RenderEngine(SAMPLE_RATE, 512)
    faust = host.make_faust_processor("patch")
    faust.set_dsp_string(f'import("stdfaust.lib");\n{sliders}{_FAUST[workload.name]}')
    if not faust.compile():
        raise RuntimeError("Faust does not compile the patch")
    host.load_graph([(faust, [])])
    paths = {p["label"]: p["name"] for p in faust.get_parameters_description()}
    names = [paths[name] for name in workload.parameters]

    def render(values: Values) -> NDArray[np.float32]:
        for name, value in zip(names, values[0].tolist(), strict=True):
            faust.set_parameter(name, value)
        host.render(workload.seconds)
        return np.asarray(host.get_audio()[:1, : workload.samples], dtype=np.float32)

    return render


def signalflow(workload: Workload) -> Render:
    """SignalFlow, block 2048, its graph made anew for every sound."""
    sf = _peer("signalflow")
    graph = _signalflow_graph()

    def patch(values: dict[str, float]) -> object:
        envelope = sf.ASREnvelope(values["attack"], 0, values["decay"])
        if workload.name == "kick":
            return sf.SineOscillator(values["freq"]) * envelope
        envelope = sf.ASREnvelope(values["attack"], 0, values["decay"], clock=sf.Impulse(8))
        saw = sf.SawOscillator(values["freq"])
        return sf.SVFilter(saw, "low_pass", values["cutoff"], values["resonance"] / 5) * envelope

    def render(values: Values) -> NDArray[np.float32]:
        node = patch(dict(zip(workload.parameters, values[0].tolist(), strict=True)))
        buffer = sf.Buffer(1, workload.samples)
        graph.play(node)
        graph.render_to_buffer(buffer)
        graph.stop(node)
        return np.array(buffer.data, dtype=np.float32)  # a copy: the buffer dies with this call

    return render


def _peer(package: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise Missing(f'{package}: pip install "raveforce[bench]"') from error


@cache
def _signalflow_graph() -> Any:
    """The one graph that a process may have."""
    sf = _peer("signalflow")
    config = sf.AudioGraphConfig()
    config.sample_rate = SAMPLE_RATE
    config.output_buffer_size = 2048
    return sf.AudioGraph(config=config, output_device=sf.AudioOut_Dummy(1, SAMPLE_RATE, 2048), start=False)
