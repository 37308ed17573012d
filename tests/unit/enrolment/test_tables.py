"""Tables of people as spreadsheets write them."""

import pytest

from authsvc.enrolment.tables import GUESSED, LONGEST, MOST, NotATable, Table, read_table

PLAIN = "name,number,e-mail\nZoë Łuk,P-1,zoe@example.org\nIngrid Ärlig,P-2,\n"


def said(table: Table) -> list[tuple[int, str, str, str, str]]:
    return [(row.number, row.name, row.external_id, row.email, row.problem) for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_it_is_read_however_it_is_written(encoding: str, delimiter: str, end: str) -> None:
    text = PLAIN.replace(",", delimiter).replace("\n", end)
    assert said(read_table(text.encode(encoding))) == [
        (2, "Zoë Łuk", "P-1", "zoe@example.org", ""),
        (3, "Ingrid Ärlig", "P-2", "", ""),
    ]


def test_what_says_nothing_of_its_encoding_is_read_as_spreadsheets_write_it_and_said() -> None:
    table = read_table("sep=;\r\nNachname;Vorname;Personalnummer\r\nÄrlig;Ingrid;7\r\n".encode("cp1252"))
    assert table.encoding == GUESSED
    assert said(table) == [(3, "Ingrid Ärlig", "7", "", "")]
    assert table.rows[0].claims["family_name"] == "Ärlig"


def test_each_line_says_what_is_wrong_with_it() -> None:
    lines = [
        ",7,",
        "Ada,,",
        "Ada,8,not an address",
        f"{'A' * 121},9,",
        "A\x00da,10,",
        "Ada,11,ada@example.org",
        "Eve,11,",
        "Eve,12,ADA@example.org",
        "",
        "Bea,13,",
    ]
    table = read_table("\n".join(["name,number,email", *lines]).encode())
    assert [(row.number, row.problem) for row in table.rows] == [
        (2, "no-name"),
        (3, "no-handle"),
        (4, "bad-email"),
        (5, "too-long"),
        (6, "odd-characters"),
        (7, ""),
        (8, "same-number"),
        (9, "same-email"),
        (11, ""),
    ]


def test_a_formula_is_text() -> None:
    [row] = read_table(b'name,number\n"=HYPERLINK(""https://evil.example"")",+49\n').rows
    assert (row.name, row.external_id, row.problem) == ('=HYPERLINK("https://evil.example")', "+49", "")


def test_a_line_with_an_open_quotation_is_a_line_that_is_wrong() -> None:
    table = read_table(b'name,number\nAda,1\n"Bea"x,2\nCleo,3\n')
    assert [(row.number, row.problem) for row in table.rows] == [(2, ""), (3, "broken"), (4, "")]


def test_columns_that_nobody_asked_for_are_left_out_and_said() -> None:
    table = read_table(b"name;number;salary\nAda;1;9000\n")
    assert table.left_out == ["salary"]
    assert table.rows[0].claims == {"name": "Ada"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"number,email\n1,ada@example.org\n",
        b"name,number\n",
        b"\xff\xfe\x00",
        b"x" * (LONGEST + 1),
        b"name,number\n" + b"".join(b"Ada,%d\n" % number for number in range(MOST + 1)),
        b"\x81\x8d\x8f\n",
    ],
)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(NotATable):
        read_table(content)
