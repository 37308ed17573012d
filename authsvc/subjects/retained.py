"""How long the tables of this room keep their rows (core/retention.py)."""

from authsvc.core.retention import Kept

ROWS = (
    Kept(
        "subjects_subject",
        "until the organisation erases the person: name, number and claims go, and the row stays, so that "
        "nobody else gets their `sub`",
    ),
    Kept("subjects_amendment", "until scheduled work has taken it over: seconds"),
    Kept("subjects_word", "with the person: the words of name, address and number that they are found by"),
)
