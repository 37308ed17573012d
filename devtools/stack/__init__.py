"""Throw-away servers and the whole product running on them, for tests and benchmarks."""
