"""A refused protocol request: one exception, with what the RP's developer needs to repair it."""

from typing import Any

from authsvc.core.texts import Text

_SHOWN = 200


class RequestRefused(Exception):
    """A request broke a rule.

    `error` and `description` go over the wire (RFC 6749 sections 4.1.2.1 and 5.2); `rule`, `came` and
    `expected` go to the audit log, where the RP's developer finds them under the reference number.
    `person` is the sentence for a person who is shown a page, "" where the page has one itself. A `silent`
    one is not written down, as its like was a moment ago.
    """

    def __init__(
        self,
        error: str,
        description: str,
        *,
        rule: str,
        came: object = "",
        expected: str = "",
        status: int = 400,
        headers: dict[str, str] | None = None,
        person: Text = "",
        silent: bool = False,
    ) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = _ascii(description)
        self.rule = rule
        self.came = shown(came)
        # What is expected may be a list as long as a relying party likes.
        self.expected = shown(expected)
        self.status = status
        self.headers = headers or {}
        self.person = person
        self.silent = silent

    def details(self) -> dict[str, Any]:
        """Return what the audit row holds."""
        return {
            "rule": self.rule,
            "error": self.error,
            "description": self.description,
            "came": self.came,
            "expected": self.expected,
        }


def shown(value: object) -> str:
    """Return a value as it may stand in a log: short, and without control characters."""
    text = value if isinstance(value, str) else str(value)
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[:_SHOWN]
    )


def _ascii(text: str) -> str:
    # error_description may hold %x20-21, %x23-5B and %x5D-7E only.
    return "".join(letter if " " <= letter <= "~" and letter not in '"\\' else "'" for letter in text)
