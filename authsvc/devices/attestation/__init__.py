"""Attestation: what an authenticator says of itself when a passkey is made, and whether it is believed."""
