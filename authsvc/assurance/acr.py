"""The acr strings of the levels; tenant data with a shipped default."""

from authsvc.assurance.levels import Level

DEFAULT_ACR = {level: f"urn:visor:{level.name}" for level in Level if level}
# EAP ACR Values 1.0: phishing-resistant, and phishing-resistant with a hardware-protected key.
ALIASES = {"phr": Level.L3, "phrh": Level.L3}

# What this release can reach at all: it captures in browsers, which caps at L2 (S9.3-06).
ATTAINABLE = (Level.L1, Level.L2)


def acr_of(level: Level) -> str:
    """Return the acr of a level; raises KeyError for no level."""
    return DEFAULT_ACR[level]


def level_of(acr: str) -> Level | None:
    """Return the level that an acr value or one of its aliases stands for, or None for an unknown one."""
    for level, value in DEFAULT_ACR.items():
        if value == acr:
            return level
    return ALIASES.get(acr)
