"""Signed statements and the keys that check them: JOSE, DPoP, client keys, things seen once."""
