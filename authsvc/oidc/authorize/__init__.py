"""The authorization endpoint: `rules/` holds a rule a file, `order.py` the one list of them."""
