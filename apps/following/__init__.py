"""Floor 4: what people follow. Today that is searches; see docs/adr/0005-following.md."""
