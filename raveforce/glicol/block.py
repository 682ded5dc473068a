"""The block, which every engine and the compiled kernel know; the kernel depends on nothing else of the language."""

__all__ = ["BLOCK"]

BLOCK = 128
"""Frames the engine renders at once; new values take effect at the start of a block."""
