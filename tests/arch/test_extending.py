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
def test_an_example_takes_what_its_page_promises(page: Path) -> None:
    example = extending.read(page)
    assert (len(example.new), example.changed_lines) == example.promised


def test_the_worked_examples_hold_together(tmp_path: Path) -> None:
    """That each proof fails without its change is shown by the campaign, page by page."""
    carried_out(list(map(extending.read, PAGES)), tmp_path, doubted=False)


@pytest.mark.whole
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_worked_example_holds(page: Path, tmp_path: Path) -> None:
    carried_out([extending.read(page)], tmp_path, doubted=True)


def carried_out(examples: list[extending.Example], folder: Path, *, doubted: bool) -> None:
    """Fail unless all proofs pass after the changes and, where they are doubted, each fails before."""
    copy = extending.scratch_copy(folder)
    proofs = sorted(path for example in examples for path in example.proofs)
    for example in examples:
        extending.write(example.proofs, copy)
    if doubted:
        assert extending.failing(extending.prove(proofs, copy)) == proofs, "a proof passes without the change"
    for example in examples:
        extending.write(example.new, copy)
        for diff in example.diffs:
            extending.apply(diff, copy)
    proved = extending.prove(proofs, copy)
    assert proved.returncode == 0, proved.stdout[-3000:]
