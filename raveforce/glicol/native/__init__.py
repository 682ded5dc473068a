"""The Glicol language, compiled: common programs many times faster than the real engine, and the same.

A template is parsed once (``frontend``), wired as the engine wires it and lowered to instructions (``lowering``) that a
compiled interpreter walks over blocks of 128 frames (``kernel``). Nodes keep their state as the engine keeps it when
numbers (``kernel.ring_buffers``) or words (``state_transfer``) change.

``raveforce.glicol.nodes`` lists what is played. What is not raises ``UnsupportedProgram``, also:

- scripts (``meta``) that are more than arithmetic on every sample;
- blanks in ``arrange``, or glued to a digit (``6{}``), or more than 256 choices of words;
- words that change what a node works on, or which chains are heard;
- feedback, or a choice among inputs, whose order the engine leaves to the layout of a hash table.

Where the sounds differ: oscillators, sequences, delays and envelopes that set a pitch are the same to the bit but for
one sample in a million or so, whose sine is rounded otherwise. Sines, envelopes and mild filters that are only heard
are computed in a quicker order, which stays within 3e-5 of full scale. Sums of several heard chains are added in
another order (3e-7). A filter whose numbers are blanks is exact towards the end of what one call asks for, so the
last digits may depend on how a sound is cut into calls; they never depend on the other rows.
"""
