"""Floor 6: the repository of monitoring and evaluation knowledge, and the framing guide to it."""
