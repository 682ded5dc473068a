"""Nodes that are small programs themselves; ``~in`` is what comes in, ``A`` and ``B`` are their numbers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMPOUNDS", "Compound"]


@dataclass(frozen=True)
class Compound:
    """A node's inner program.

    Attributes
    ----------
    text : Glicol
    allpass_memory : milliseconds that its modulated all-pass filters remember
    needs_input : whether the engine breaks when nothing comes in
    """

    text: str
    allpass_memory: float = 0.0
    needs_input: bool = False


SYNTH = "~amp: ~in >> envperc A B; ~freq: ~in >> mul 261.63; o: OSC ~freq >> mul ~amp"

KICK = """~amp: ~in >> envperc 0.003 A
~freq: ~in >> envperc 0.01 0.1 >> mul 50.0 >> add 60.0
o: sin ~freq >> mul ~amp"""

SNARE = """~amp: ~in >> envperc 0.001 A
~freq: ~in >> envperc 0.001 0.1 >> mul 55.0 >> add 60.0
~rattle: noise 42 >> mul 0.3
o: sin ~freq >> add ~rattle >> mul ~amp"""

HIHAT = """~amp: ~in >> envperc 0.003 A
o: noise 42 >> hpf 15000 1.0 >> mul ~amp"""

# The left side of a figure-of-eight reverberator: a diffuser, then two delay lines that feed each other.
PLATE = """~mod: sin 0.1 >> mul 5.5 >> add 29.5
~diffused: ~in >> onepole 0.7 >> delayms 50 >> apfmsgain 4.771 0.75 >> apfmsgain 3.595 0.75 >> \
apfmsgain 12.72 0.625 >> apfmsgain 9.307 0.625
~tank: ~diffused >> add ~back >> apfmsgain ~mod 0.7
~aa: ~tank >> delayn 394
~ab: ~aa >> delayn 2800
~ac: ~ab >> delayn 1204
~ba: ~ac >> delayn 2000 >> onepole 0.1 >> apfmsgain 7.596 0.5
~bb: ~ba >> apfmsgain 35.78 0.5
~bc: ~bb >> apfmsgain ~mod 0.5
~ca: ~bc >> delayn 179
~cb: ~ca >> delayn 2679
~cc: ~cb >> delayn 3500 >> mul 0.3
~da: ~cc >> apfmsgain 30 0.7 >> delayn 522
~db: ~da >> delayn 2400
~dc: ~db >> delayn 2400
~ea: ~dc >> onepole 0.1 >> apfmsgain 6.2 0.7
~eb: ~ea >> apfmsgain 34.92 0.7
~fa: ~eb >> apfmsgain 20.4 0.7 >> delayn 1578
~fb: ~fa >> delayn 2378
~back: ~fb >> delayn 2500 >> mul 0.3
~minus: mix ~bb ~db ~ea ~fa >> mul -1.0
~left: mix ~aa ~ab ~cb ~minus
~wet: ~left >> mul A
~dry: ~in >> mul ~rest
~rest: sig 1.0 >> add ~share
~share: sig A >> mul -1.0
o: mix ~dry ~wet"""

COMPOUNDS = {
    "bd": Compound(KICK),
    "sn": Compound(SNARE),
    "hh": Compound(HIHAT),
    "sawsynth": Compound(SYNTH.replace("OSC", "saw")),
    "squsynth": Compound(SYNTH.replace("OSC", "squ")),
    "trisynth": Compound(SYNTH.replace("OSC", "tri")),
    "plate": Compound(PLATE, allpass_memory=100.0, needs_input=True),
}
