"""Floor 5: the life of anything people contribute, from draft to tombstone."""
