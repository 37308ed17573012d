"""Passkeys: how one is made and proven (WebAuthn Level 3), and what a device is worth."""
