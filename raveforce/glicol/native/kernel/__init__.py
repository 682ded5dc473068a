"""The compiled part of the native engine."""

SOURCES = ("raveforce.glicol.native.kernel", "raveforce.glicol.block", "raveforce._subnormals")
"""What the compiled code depends on."""
