"""Floor 3: one row for each public item, and the questions that every catalogue asks of them."""
