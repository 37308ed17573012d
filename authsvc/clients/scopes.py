"""The scopes that a relying party may be allowed to ask for, and those that open a service to it."""

from typing import Final

SCOPES: Final = ("openid", "profile", "email", "address", "phone", "offline_access")

LIVENESS: Final = "liveness"
"""It may open sessions of liveness (W5). No sign-in grants it, and no token carries it."""

REGISTRABLE: Final = (*SCOPES, LIVENESS)
