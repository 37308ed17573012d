"""Versioned policies; `evaluate` is pure and returns reasons."""
