"""Imitation: any sound in, a Glicol program that imitates it out, by search over several templates."""

from raveforce.imitation.imitate import Imitation, imitate
from raveforce.imitation.race import Progress

__all__ = ["Imitation", "Progress", "imitate"]
