"""A stranger adds a thing with one new file and one changed line: docs/extending/, each page carried out."""

from pathlib import Path

import pytest

from tests.arch import extending

PAGES = sorted(page for page in extending.PAGES.glob("*.md") if page.stem != "README")
SEAMS = {
    *("application-model", "attestation-format", "audit-tag", "authorize-rule", "client-setting"),
    *("delivery", "language", "pad-signal", "portal-screen"),
}


def test_every_seam_has_its_page() -> None:
    assert {page.stem for page in PAGES} == SEAMS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_worked_example_holds(page: Path, tmp_path: Path) -> None:
    example = extending.read(page)
    copy = extending.scratch_copy(tmp_path)
    extending.write(example.proofs, copy)
    assert extending.prove(example, copy).returncode == 1, "the proof passes without the change"
    extending.write(example.new, copy)
    for diff in example.diffs:
        extending.apply(diff, copy)
    assert (len(example.new), example.changed_lines) == example.promised
    proved = extending.prove(example, copy)
    assert proved.returncode == 0, proved.stdout[-3000:]
