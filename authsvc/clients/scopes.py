"""The scopes that a relying party may be allowed to ask for."""

SCOPES = ("openid", "profile", "email", "address", "phone", "offline_access")
