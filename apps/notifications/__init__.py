"""Floor 3: what people are told, in the hub and by mail; nothing lost, nothing twice. See docs/adr/0004 and 0006."""
