"""Floor 9: what composes the others: home, dashboard, the search over everything, health, and the demonstration."""
