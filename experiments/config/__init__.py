"""From the command line and YAML to checked objects."""
