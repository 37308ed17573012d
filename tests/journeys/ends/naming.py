"""The names of the walks, made as long and as unlike ours as names come."""

import re

# Eighty letters without a place to break, and a name that is written from right to left.
LONG = "Wolfeschlegelsteinhausenbergerdorffvoralternwarengewissenhaftschaferswessenschaf"
RIGHT_TO_LEFT = "محمد بن عبد الله الفراهيدي"
ADDRESS = "wolfeschlegelsteinhausenbergerdorff.voraltern@gewissenhaftschaferswessenschafe.example"
_OF_A_THING = re.compile(
    r"\b(?:(?:Party|Asked|Token) of [\w-]+|Shop|Northwind Bank|Blue key|Software phone)\b"
)
_OF_A_PERSON = re.compile(r"\b(?:Person of [\w-]+|Ada(?: Example)?)\b")
_ADDRESS = re.compile(r"[\w.-]+@[\w-]+\.(?:example|org)\b")
_TEXT = re.compile(r"(?<=>)[^<>]+(?=<)")


def with_long_names(html: str) -> str:
    """Return the page with a long name in place of each, people's longer than a line and right to left."""
    return _TEXT.sub(lambda text: _longer(text[0]), html)


def _longer(text: str) -> str:
    text = _OF_A_PERSON.sub(f"{RIGHT_TO_LEFT} {LONG}", _OF_A_THING.sub(LONG, text))
    return _ADDRESS.sub(ADDRESS, text)
