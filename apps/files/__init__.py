"""Floor 3: stored files, checked by their content, read for their text, and served as nothing but downloads."""
