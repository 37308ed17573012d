"""Tables of people as spreadsheets write them: read as text, line by line, and judged line by line.

UTF-8 with or without a mark, UTF-16 with one, and what is neither as Windows-1252, which is what a
spreadsheet of western Europe means by "CSV"; commas, semicolons or tabs. A cell is text whatever it begins
with: nothing here works anything out, and tables that are taken away have no formulas (core/spreadsheets.py).
"""

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.core.words import folded

MOST: Final = 10_000
"""So many people are taken from one table."""
LONGEST: Final = 3 * 1024 * 1024
"""Of a table, in bytes."""
_CELL: Final = 120
_EMAIL: Final = 254
_DELIMITERS: Final = (";", "\t", ",")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GUESSED: Final = "windows-1252"
"""The encoding of a table that says nothing of its own and is no UTF-8: names may have come out wrong."""

# What columns are called in the languages of the portal, folded (core/words.py).
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "full name", "vollstandiger name", "nom complet"),
    "external_id": (
        *("number", "id", "external id", "external_id", "your own number", "personnel number"),
        *("nummer", "personalnummer", "kennung", "numero", "matricule", "identifiant"),
    ),
    "email": (
        *("email", "e-mail", "mail", "email address", "e-mail address"),
        *("e-mail-adresse", "emailadresse", "courriel", "adresse e-mail"),
    ),
    "given_name": ("given name", "given_name", "first name", "vorname", "prenom"),
    "family_name": (
        "family name",
        "family_name",
        "last name",
        "surname",
        "nachname",
        "nom",
        "nom de famille",
    ),
}

PROBLEMS: Final[Mapping[str, Text]] = {
    "no-name": _("There is no name."),
    "no-handle": _("There is neither a number nor an e-mail address to know them again by."),
    "bad-email": _("This is no e-mail address."),
    "too-long": _("A cell has more than 120 characters."),
    "odd-characters": _("A cell has characters that no name has, such as a zero byte or a line break."),
    "same-number": _("The same number stands in a line above."),
    "same-email": _("The same e-mail address stands in a line above."),
    "broken": _("The line cannot be read: a quotation mark may be missing."),
    "mail": _("The mail could not be sent, so nobody was entered."),
    "taken": _("Somebody else has entered them meanwhile."),
    "full": _("Your organisation has as many people as it may have."),
}
"""What may be wrong with a line, by its code."""


class NotATable(Refused):
    """What came is no table of people; `person` says why."""

    def __init__(self, why: str, person: Text) -> None:
        super().__init__("not-a-table", person, detail=why, status=422)


@dataclass(frozen=True)
class Row:
    """A line of a table: its number as spreadsheets count, what it says, and what is wrong with it ("")."""

    number: int
    name: str = ""
    external_id: str = ""
    email: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def claims(self) -> dict[str, Any]:
        """What relying parties may learn of the person."""
        email = {"email": self.email, "email_verified": False} if self.email else {}
        return {"name": self.name, **email, **self.names}


@dataclass(frozen=True)
class Table:
    """A table of people: its lines, how it was encoded, and which of its columns nothing was taken from."""

    rows: list[Row]
    encoding: str
    left_out: list[str]


def read_table(content: bytes) -> Table:
    """Return what a table says; raises NotATable."""
    if len(content) > LONGEST:
        raise NotATable("too long", _("The file is too long: at most three megabytes are taken."))
    text, encoding = _text(content)
    lines = _lines(text)
    header = [folded(cell).strip() for cell in next(lines, (0, []))[1]]
    places = {
        name: header.index(word) for name, words in _COLUMNS.items() for word in header if word in words
    }
    if "name" not in places and {"given_name", "family_name"} - places.keys():
        raise NotATable(
            f"header {header[:10]}",
            _("The first line has to name the columns, one of them “Name”."),
        )
    rows = [row for number, cells in lines if any(cells) for row in [_row(number, cells, places)]]
    if not rows:
        raise NotATable("no rows", _("The table has a first line, and nobody below it."))
    if len(rows) > MOST:
        raise NotATable(f"{len(rows)} rows", _("At most 10,000 people are taken from one table."))
    left_out = [cell for place, cell in enumerate(header) if cell and place not in places.values()]
    return Table(_once_each(rows), encoding, left_out)


def _text(content: bytes) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content, encoding), encoding.removesuffix("-sig")
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _decoded(content, GUESSED), GUESSED


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as problem:
        raise NotATable(
            str(problem), _("The file is no text that can be read. Save it as “CSV UTF-8”.")
        ) from None


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each line with its number; one that cannot be read is a single cell with a zero byte."""
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    skipped = 0
    if first.lower().startswith("sep=") and len(first) == len("sep=") + 1:
        # So a spreadsheet is told which one to use.
        delimiter, skipped = first[-1], 1
        text = text.lstrip().partition("\n")[2]
    else:
        delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1 + skipped
        try:
            yield number, [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            yield number, ["\x00"]


def _row(number: int, cells: list[str], places: Mapping[str, int]) -> Row:
    said = {
        name: unicodedata.normalize("NFC", cells[place]) if place < len(cells) else ""
        for name, place in places.items()
    }
    names = {name: said[name] for name in ("given_name", "family_name") if said.get(name)}
    name = said.get("name") or " ".join(names.values())
    if cells == ["\x00"]:
        return Row(number, problem="broken")
    row = Row(number, name, said.get("external_id", ""), said.get("email", ""), names)
    return Row(*_shown(row), names={} if _problem(row) else names, problem=_problem(row))


def _shown(row: Row) -> tuple[int, str, str, str]:
    """Return the line as it can be kept and shown, whatever is wrong with it."""
    kept = ["".join(each for each in cell if each.isprintable()) for cell in _cells(row)]
    return (row.number, *(cell[:_CELL] for cell in kept[:2]), kept[2][:_EMAIL])  # type: ignore[return-value]


def _cells(row: Row) -> list[str]:
    return [row.name, row.external_id, row.email, *row.names.values()]


def _problem(row: Row) -> str:
    if any(not cell.isprintable() for cell in _cells(row)):
        return "odd-characters"
    if not row.name:
        return "no-name"
    if any(len(cell) > _CELL for cell in _cells(row) if cell != row.email) or len(row.email) > _EMAIL:
        return "too-long"
    if not (row.external_id or row.email):
        return "no-handle"
    return "bad-email" if row.email and not _is_address(row.email) else ""


def _is_address(text: str) -> bool:
    try:
        EmailValidator()(text)
    except ValidationError:
        return False
    return True


def _once_each(rows: list[Row]) -> list[Row]:
    """Return the lines, those that name somebody a second time marked."""
    numbers: set[str] = set()
    addresses: set[str] = set()
    found = []
    for row in rows:
        address, problem = folded(row.email), row.problem
        if not problem and row.external_id in numbers:
            problem = "same-number"
        elif not problem and address in addresses:
            problem = "same-email"
        if not problem:
            numbers |= {row.external_id} - {""}
            addresses |= {address} - {""}
        found.append(Row(*_shown(row), names=row.names, problem=problem))
    return found
