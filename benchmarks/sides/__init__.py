"""The programs that benchmarks/provider.py compares, each served in the same way."""
