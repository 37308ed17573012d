"""The algorithms that this server signs, verifies and encrypts with; nothing else is accepted."""

# For request objects only, of clients that need not sign.
UNSIGNED = "none"
SIGNING = ("RS256", "PS256", "ES256", "EdDSA")
# FAPI 2.0 Security Profile, section 5.4.
FAPI2_SIGNING = ("PS256", "ES256", "EdDSA")
KEY_MANAGEMENT = ("RSA-OAEP-256", "RSA-OAEP", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
CONTENT_ENCRYPTION = ("A256GCM", "A128GCM", "A128CBC-HS256", "A256CBC-HS512")
