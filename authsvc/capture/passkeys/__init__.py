"""Passkeys: making one, and proving one in a transaction (WebAuthn Level 3)."""
