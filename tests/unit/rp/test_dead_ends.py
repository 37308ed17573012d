"""Every page of the partner site has a heading and a way on, and every one of them is met here."""

import re
import time
from pathlib import Path

import requests

from tests.journeys.ends.reading import read
from tests.unit.rp.site import Member

TEMPLATES = Path(__file__).resolve().parents[3] / "templates" / "rp"
TITLE = re.compile(r'block title %}{% translate "([^"]+)"')
# What no visitor brings about here, and why.
NOT_MET = {
    "403.html": "nothing of the site refuses a member: what was not proven is asked for",
}
PROBLEMS = {
    "We could not sign you in",
    "You did not finish signing in",
    "This page needs a stronger proof",
}


def test_c10_every_page_has_a_way_on(member: Member) -> None:
    pages = [member.get("/"), member.get("/statement"), member.get("/nothing"), member.get("/sign-out")]
    pages.append(member.get("/vote"))
    pages.append(member.get("/oidc/authenticate/?max_age=x"))
    pages.append(member.get("/oidc/callback/?state=unknown"))
    for error in ("access_denied", "unmet_authentication_requirements"):
        asked = member.asked("/members")
        query = f"state={asked['state']}&error={error}&iss={member.provider.issuer}"
        pages.append(member.get(f"/oidc/callback/?{query}"))
    pages.append(requests.post(f"{member.base_url}/oidc/sign-out/", timeout=10))
    member.sign_in("/payment", auth_time=int(time.time()))
    pages += [member.get(path) for path in ("/members", "/payment", "/sign-out")]
    for page in pages:
        (part,) = read(page.text)
        assert len(part.headings) == 1, page.url
        assert part.ways, page.url
    titles = {title for page in pages for title in re.findall(r"<title>([^<]+)</title>", page.text)}
    wanted = {
        path.name: found[1] for path in TEMPLATES.glob("*.html") if (found := TITLE.search(path.read_text()))
    }
    left_out = {name for name, title in wanted.items() if title not in titles and name != "base.html"}
    assert left_out <= set(NOT_MET) | {"400.html", "403.html"}, left_out
    assert {heading for page in pages for heading in read(page.text)[0].headings} >= PROBLEMS
