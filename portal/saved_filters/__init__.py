"""Filters of lists that members save under a name."""
