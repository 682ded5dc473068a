"""From a template's text to its chains of nodes."""
