"""What a training run does on the way."""
