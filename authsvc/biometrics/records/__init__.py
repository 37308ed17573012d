"""Evaluation records: what a level above the lowest stands on, and for which code it holds."""
