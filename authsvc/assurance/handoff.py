"""What a token says of a sign-in that another device proved than the one that began it. Pure."""


def handoff_claim(handoff: str) -> dict[str, str]:
    """Return what tokens carry of an event: `handoff`, and nothing where one device did it all."""
    return {"handoff": handoff} if handoff else {}
