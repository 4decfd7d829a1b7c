"""Floor 2: who did what, when and why; written once and never changed."""
