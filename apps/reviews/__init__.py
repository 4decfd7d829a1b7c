"""Floor 5: criteria, reviewers, scores. It decides nothing: the apps above do."""
