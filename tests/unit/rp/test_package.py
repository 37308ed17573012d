"""`pip install ./rp` in a fresh environment, beside mozilla-django-oidc, in a site made of its README."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.rp.bare_site import ROOT, BareSite
from tests.unit.rp.provider import FakeProvider, running_provider
from tests.unit.rp.site import Member

OURS = {"rp", "authsvc", "portal", "config", "devtools"}
TYPED = """
from visor_client.assurance import Wanted

reveal_type(Wanted("urn:visor:L2").face)
Wanted(acr=2)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> BareSite:
    """An environment in which the package was installed by pip, and nothing else of ours is found."""
    made = BareSite(tmp_path_factory.mktemp("package"))
    made.borrow()
    made.install("--no-deps", "--no-build-isolation", "--no-index")
    return made


@pytest.fixture(scope="module")
def served(site: BareSite) -> Iterator[tuple[str, FakeProvider]]:
    """The site, with its tables, and the provider that it signs people in with."""
    with running_provider() as provider:
        site.write(provider.issuer)
        site.django("migrate", "--verbosity=0")
        with site.serving() as url:
            yield url, provider


@pytest.fixture
def member(served: tuple[str, FakeProvider]) -> Iterator[Member]:
    visitor = Member(*served)
    with visitor.http:
        yield visitor


def test_it_brings_the_client_typed_and_nothing_else(site: BareSite) -> None:
    own = ROOT / "rp/client"
    modules = {path.relative_to(site.package) for path in site.package.rglob("*.py")}
    assert modules == {path.relative_to(own) for path in own.rglob("*.py")}
    assert (site.package / "py.typed").exists()
    beside = {path.name for path in site.package.parent.iterdir() if not path.name.startswith("__")}
    assert beside == {"visor_client", "visor_client-0.1.0.dist-info", "borrowed.pth"}


def test_the_site_needs_nothing_of_ours_and_no_migration(
    served: tuple[str, FakeProvider], site: BareSite
) -> None:
    names = Member(*served).get("/loaded").json()
    assert {"visor_client", "mozilla_django_oidc"} <= set(names)
    assert OURS.isdisjoint(names)
    site.django("makemigrations", "--check", "--dry-run", "--verbosity=0")


@pytest.mark.requirement("S6.4-03")
def test_a_member_signs_in_and_steps_up_as_its_readme_says(member: Member) -> None:
    assert member.sign_in("/members", amr=["swk"]).headers["Location"] == "/members"
    assert member.get("/members").text == "The page members"
    assert member.get("/statement").text == "The page statement"
    asked = member.asked("/vault")
    assert json.loads(asked["claims"])["id_token"]["amr"] == {"essential": True, "values": ["face"]}
    assert member.answer(asked, member.token(asked, amr=["face", "swk"])).headers["Location"] == "/vault"
    assert member.get("/vault").text == "The page vault"
    asked = member.asked("/will")
    assert json.loads(asked["claims"])["id_token"]["presence"] == {"essential": True}
    assert member.answer(asked, member.token(asked, presence=True)).headers["Location"] == "/will"
    assert member.get("/payment").text == "The page payment"


def test_what_was_not_proven_opens_nothing_and_gets_the_package_s_page(member: Member) -> None:
    refused = member.sign_in("/vault", amr=["swk"])
    assert (refused.status_code, "We could not sign you in" in refused.text) == (400, True)
    assert member.get("/vault").status_code == 302
    asked = member.asked("/members")
    unmet = member.answer(asked, code=None, error="unmet_authentication_requirements")
    assert "This page needs a stronger proof" in unmet.text
    assert member.get("/statement").status_code == 401


@pytest.mark.whole
def test_its_types_are_checked_where_it_is_installed(site: BareSite) -> None:
    (site.folder / "typed.py").write_text(TYPED, encoding="utf-8")
    with pytest.raises(AssertionError) as told:
        site.run(site.python, "-m", "mypy", "--strict", "typed.py")
    said = str(told.value)
    assert 'Revealed type is "builtins.bool"' in said
    assert 'Argument "acr" to "Wanted" has incompatible type "int"' in said
    assert "Found 1 error" in said


@pytest.mark.whole
def test_it_installs_with_its_own_requirements(tmp_path: Path) -> None:
    """Everything fresh: what the package names is fetched, and nothing is borrowed."""
    fresh = BareSite(tmp_path)
    fresh.install()
    fresh.write("http://127.0.0.1:1/")
    fresh.django("migrate", "--verbosity=0")
    fresh.django("check")
