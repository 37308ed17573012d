"""Measurements, run by `make bench`: never tests, and never part of what is shipped."""
