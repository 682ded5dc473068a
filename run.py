"""Train an agent: ``python run.py task=kick agent=sac``; ``python run.py --help`` lists all settings."""

import sys

if __name__ == "__main__":
    try:
        from experiments.launch import launch
    except KeyboardInterrupt:  # importing takes as long as it takes to see that an argument is missing
        print("run.py: interrupted", file=sys.stderr)
        sys.exit(130)
    launch(sys.argv[1:])
