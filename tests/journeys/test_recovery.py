"""Who lost every device: a code makes a passkey, which signs in at a partner site at once, at L1."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.needs("photos"), pytest.mark.requirement("S5.3-02", "SB-01")]
WRITTEN = r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}"


@contextmanager
def floor_of(stack: Stack, level: str) -> Iterator[None]:
    """Let the partner site have this floor inside the block."""
    found = "from authsvc.clients.models import RelyingParty\n[party] = RelyingParty.objects.all()\n"
    before = stack.python(f"{found}print(json.dumps(party.floor_level))")
    stack.python(f"{found}party.floor_level = {level!r}\nparty.save()")
    yield
    stack.python(f"{found}party.floor_level = {before!r}\nparty.save()")


def test_a_recovery_code_of_the_enrolment_signs_in_at_l1_and_works_once(stack: Stack, photos: Path) -> None:
    album = photos / "obama"
    looks = photographs.read(album / "01.jpg", album / "02.jpg")
    done = SoftwarePhone(Person(looks), pace=False).enrol(stack.new_link("Grace Example"))
    codes = re.findall(WRITTEN, done.text)
    assert len(codes) == 10

    phone, lost = SoftwarePhone(Person(looks), pace=False), f"{stack.demo['issuer'].rstrip('/')}/me/lost"
    assert "Your new passkey works" in phone.recover(lost, codes[0]).text
    with floor_of(stack, "L2"), pytest.raises(Denied) as refused:
        phone.sign_in(f"{stack.partner_url}/members")
    assert refused.value.code == "recovered"
    with floor_of(stack, "L1"):
        assert phone.sign_in(f"{stack.partner_url}/members").status_code == 200
    claims = phone.browser.get(f"{stack.partner_url}/whoami.json", accept="application/json").json()
    assert (claims["acr"], claims["amr"]) == ("urn:visor:L1", ["swk", "user"])
    assert "face" not in claims
    with pytest.raises(Denied) as refused:
        phone.recover(lost, codes[0])
    assert refused.value.status == 422
