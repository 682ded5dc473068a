"""What learning and search are worth on recorded drums."""
