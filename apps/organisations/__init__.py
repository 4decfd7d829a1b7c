"""Floor 4: organisations, who belongs to them, and the directory of clusters."""
