"""Readings of authentication attempts: how each ended, and one of them told step by step."""
