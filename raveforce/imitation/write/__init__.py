"""``imitate --write``: programs that are written, from a template's program or from nothing."""
