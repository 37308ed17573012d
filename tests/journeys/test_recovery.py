"""Who lost every device: a code makes a passkey, which signs in at once where L1 is enough, not elsewhere."""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from devtools.phone.phone import Denied, Person, SoftwarePhone
from devtools.rendering import photographs
from devtools.stack.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.needs("photos"), pytest.mark.requirement("S5.3-02", "SB-01")]
WRITTEN = r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}"


def site_that_asks_for_l1(stack: Stack) -> str:
    """Register another relying party, and return the address that a sign-in there begins with."""
    answer = f"{stack.partner_url}/healthz"
    client = stack.python(
        "from authsvc.clients.services import register\n"
        f"party, _ = register(name='Corner Shop', redirect_uris=[{answer!r}], scopes=['openid'])\n"
        "print(json.dumps(party.client_id))"
    )
    asked = {
        "client_id": client,
        "redirect_uri": answer,
        "response_type": "code",
        "scope": "openid",
        "state": "s" * 24,
        "nonce": "n" * 24,
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    return f"{stack.demo['issuer'].rstrip('/')}/authorize?{urlencode(asked)}"


def test_a_recovery_code_of_the_enrolment_signs_in_at_l1_and_works_once(stack: Stack, photos: Path) -> None:
    album = photos / "obama"
    looks = photographs.read(album / "01.jpg")
    done = SoftwarePhone(Person(looks)).enrol(stack.new_link("Grace Example"))
    codes = re.findall(WRITTEN, done.text)
    assert len(codes) == 10

    phone, lost = SoftwarePhone(Person(looks)), f"{stack.demo['issuer'].rstrip('/')}/me/lost"
    assert "Your new passkey works" in phone.recover(lost, codes[0]).text
    with pytest.raises(Denied) as refused:
        phone.sign_in(f"{stack.partner_url}/members")  # which asks for L2
    assert refused.value.code == "recovered"
    assert phone.sign_in(site_that_asks_for_l1(stack)).status_code == 200
    granted = stack.python(
        "from authsvc.oidc.models import Grant\n"
        "found = Grant.objects.latest('created_at')\n"
        "print(json.dumps([found.acr, found.amr, found.face]))"
    )
    assert granted == ["urn:visor:L1", ["swk", "user"], None]
    with pytest.raises(Denied) as refused:
        phone.recover(lost, codes[0])
    assert refused.value.status == 422
