"""Floor 1: people, how they sign in, and what they choose for themselves."""
