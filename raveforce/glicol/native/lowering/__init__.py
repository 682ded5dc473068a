"""From chains of nodes to the instructions of the kernel."""
