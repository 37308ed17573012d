"""The token endpoint: one grant type a file."""
