"""How long what comes from outside may be: the one home of the rule, for each parameter, text and list.

What is longer is refused by its name, and nothing of it is kept. Bodies as a whole have their limits before
(config/bodies.py); columns, and the settings of a relying party, have their own as well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Bound:
    """At most so many characters and, where a value is a list with blanks between, so many words."""

    characters: int
    words: int = 0


# Parameters of the OpenID provider's endpoints, by their names in the specifications.
PARAMETERS: Final[Mapping[str, Bound]] = {
    # what is signed, with whatever its sender put in
    "request": Bound(32_000),
    "client_assertion": Bound(16_000),
    "id_token_hint": Bound(16_000),
    "login_hint_token": Bound(16_000),
    "token": Bound(16_000),
    "claims": Bound(8_000),
    # what is given back as it came; as long as the longest address
    "state": Bound(8_192),
    "redirect_uri": Bound(2_000),
    "post_logout_redirect_uri": Bound(2_000),
    "request_uri": Bound(2_000),
    # lists
    "scope": Bound(2_000, words=50),
    "acr_values": Bound(2_000, words=20),
    "prompt": Bound(100, words=5),
    "ui_locales": Bound(500, words=20),
    "claims_locales": Bound(500, words=20),
    "client_id": Bound(200),
}
OTHER: Final = Bound(1_024)
LONGEST_NAME: Final = 100
MOST_PARAMETERS: Final = 100
# Characters of all parameters together.
LONGEST_REQUEST: Final = 64_000

# Of JSON that somebody else wrote: texts as long as a passkey's attestation with its certificates.
LONGEST_TEXT: Final = 32_000
MOST_MEMBERS: Final = 200
MOST_VALUES: Final = 2_000

# Of one setting of a relying party that is a list, such as its redirect URIs or certificates.
MOST_ENTRIES: Final = 100
LONGEST_ENTRY: Final = 8_000
# Of a field of a form that takes a block: key sets, certificates, addresses one a line.
LONGEST_BLOCK: Final = 64_000


def parameter_problem(name: str, value: str) -> str:
    """Return what is too long about a parameter, in words that hold nothing of its value; "" for nothing."""
    if len(name) > LONGEST_NAME:
        return f"a name of {len(name)} characters, at most {LONGEST_NAME}"
    bound = PARAMETERS.get(name, OTHER)
    if len(value) > bound.characters:
        return f"{name} of {len(value)} characters, at most {bound.characters}"
    words = value.count(" ") + 1
    if bound.words and words > bound.words and len(value.split()) > bound.words:
        return f"{name} of {words} words, at most {bound.words}"
    return ""


def request_problem(parameters: Mapping[str, str]) -> str:
    """Return what is too long about parameters, one by one and together; "" for nothing."""
    if len(parameters) > MOST_PARAMETERS:
        return f"{len(parameters)} parameters, at most {MOST_PARAMETERS}"
    found = next(filter(None, (parameter_problem(*each) for each in parameters.items())), "")
    total = sum(map(len, parameters.values()))
    if not found and total > LONGEST_REQUEST:
        return f"parameters of {total} characters, at most {LONGEST_REQUEST}"
    return found


def json_problem(value: Any) -> str:
    """Return what is too long about a JSON value, in words that hold nothing of it; "" for nothing."""
    for seen, part in enumerate(_parts(value), start=1):
        if seen > MOST_VALUES:
            return f"more than {MOST_VALUES} values"
        if isinstance(part, str) and len(part) > LONGEST_TEXT:
            return f"a text of {len(part)} characters, at most {LONGEST_TEXT}"
        if isinstance(part, dict | list) and len(part) > MOST_MEMBERS:
            return f"{len(part)} values in one, at most {MOST_MEMBERS}"
    return ""


def _parts(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, dict):
            waiting += [*part, *part.values()]
        elif isinstance(part, list):
            waiting += part
