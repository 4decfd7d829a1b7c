"""Floor 2: the vocabularies that every app speaks, each row with its basis and its source."""
