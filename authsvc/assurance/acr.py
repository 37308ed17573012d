"""The acr strings of the levels; tenant data with a shipped default."""

from authsvc.assurance.levels import Evidence, Level, assess
from authsvc.devices.attestation.formats import proving

DEFAULT_ACR = {level: f"urn:visor:{level.name}" for level in Level if level}
# EAP ACR Values 1.0: phishing-resistant, and phishing-resistant with a hardware-protected key.
ALIASES = {"phr": Level.L3, "phrh": Level.L3}


def attainable(weakest: Level) -> tuple[Level, ...]:
    """Return the levels that can be reached now, lowest first, by the rule that every sign-in is held to.

    `weakest` is what the parts carry that no transaction does without (authsvc/policy/reach.py).
    """
    return tuple(level for level in Level if Level.NONE < level <= assess(_best(weakest)).level)


def why_not_higher(weakest: Level) -> tuple[str, ...]:
    """Return what the level misses that is next to those that can be reached now."""
    return assess(_best(weakest)).reasons


def _best(weakest: Level) -> Evidence:
    """Return the best evidence there is: a passkey that verified its user.

    It is on hardware where a format of attestation is listed that can prove it. A face from a browser raises
    nothing (S9.3-06), and no other agent is let in.
    """
    hardware = bool(proving())
    return Evidence(
        passkey="hwk" if hardware else "swk",
        attested=hardware,
        origin_bound=True,
        user_verified=True,
        weakest=weakest,
    )


def acr_of(level: Level) -> str:
    """Return the acr of a level; raises KeyError for no level."""
    return DEFAULT_ACR[level]


def level_of(acr: str) -> Level | None:
    """Return the level that an acr value or one of its aliases stands for, or None for an unknown one."""
    for level, value in DEFAULT_ACR.items():
        if value == acr:
            return level
    return ALIASES.get(acr)
