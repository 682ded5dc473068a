"""What an agent that writes programs is worth."""
