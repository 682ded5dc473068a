"""An agent writes the program itself, token by token."""

# Whoever has any of this can make environments of writing tasks: ``complete`` knows them from here on.
import raveforce.writing.spec  # noqa: F401
