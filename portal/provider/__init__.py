"""The provider: what it offers, tokens to register with, and the keys that sign."""
