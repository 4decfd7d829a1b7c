"""Floor 0: what every app may use and what knows no app."""
