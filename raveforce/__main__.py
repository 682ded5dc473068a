"""``python -m raveforce``: the command ``raveforce``."""

from raveforce.cli import main

if __name__ == "__main__":
    main(prog_name="raveforce")
