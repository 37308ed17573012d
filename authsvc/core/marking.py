"""Marking a text for translation in code that is pure, and so cannot import Django's own mark."""


def gettext_noop(text: str) -> str:
    """Return the text as it is; whoever shows it looks it up, and `makemessages` finds it by this name."""
    return text
