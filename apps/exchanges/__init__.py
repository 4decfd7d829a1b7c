"""Floor 6: mobility exchanges, from a host's theme to what both sides changed."""
