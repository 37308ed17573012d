"""One rule of an authorization request a file."""
