"""What people, programs and administrators of an organisation ask, and how long each waits for its answer."""

import itertools
import statistics
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import requests

from devtools.phone.phone import Person, SoftwarePhone
from devtools.stack.stack import Stack
from tests.journeys.flooding import FromAddress

Seconds = dict[str, list[float]]
CLIENT = "neighbour"
SECRET_AND_SESSION = """
from authsvc.clients.models import RelyingParty
from authsvc.clients.services import register
from authsvc.tenancy.memberships.models import Membership
from portal.accounts.models import User
from tests.tenancy.people import signed_in
RelyingParty.objects.filter(client_id="neighbour").delete()
_, secret = register(
    actor="a test", client_id="neighbour", name="Neighbour", scopes=["openid"],
    redirect_uris=["https://neighbour.example/callback"],
)
owner = User.objects.get(pk=Membership.objects.filter(tenant=tenant).first().user_id)
print(json.dumps([secret, signed_in(owner).cookies["visor_portal"].value]))
"""


class Neighbour:
    """An organisation that shares the installation with another, and asks for one thing after another.

    Its people and programs are many, and so are their addresses.
    """

    def __init__(self, stack: Stack, person: Person) -> None:
        self._issuer, self._base = f"{stack.base_url}/t/demo", stack.base_url
        self._members = f"{stack.partner_url}/members"
        self._person = person
        self._secret, session = stack.python(SECRET_AND_SESSION)
        self._http, self._portal = requests.Session(), requests.Session()
        self._portal.headers["Cookie"] = f"visor_portal={session}"
        self._addresses = (f"127.0.{1 + number // 200}.{1 + number % 200}" for number in itertools.count())
        self._page = ""
        self._asks: dict[str, Callable[[], requests.Response]] = {
            "discovery": lambda: self._http.get(f"{self._issuer}/.well-known/openid-configuration"),
            "authorize": self._authorize,
            "page": lambda: self._http.get(self._page),
            "token": self._token,
            "portal list": lambda: self._portal.get(
                f"{self._base}/portal/demo/attempts/", allow_redirects=False
            ),
        }

    def asks(self, rounds: int) -> Seconds:
        """Ask for each of these so often, and return how many seconds each answer took."""
        taken: Seconds = {name: [] for name in self._asks}
        for _ in range(rounds):
            address = FromAddress(next(self._addresses))
            self._http.mount("http://", address)
            self._portal.mount("http://", address)
            for name, ask in self._asks.items():
                began = time.monotonic()
                answer = ask()
                taken[name].append(time.monotonic() - began)
                expected = {"authorize": 302, "token": 400}.get(name, 200)
                assert answer.status_code == expected, (name, answer.status_code, answer.headers)
        return taken

    def signs_in(self, times: int, *, face: bool) -> list[float]:
        """Sign the person in so often, and return how many seconds each time took."""
        taken = []
        for _ in range(times):
            began = time.monotonic()
            phone = SoftwarePhone(self._person, tries=3)
            phone.browser.session.mount("http://", FromAddress(next(self._addresses)))
            assert urlsplit(phone.sign_in(self._members, face=face).url).path == "/members"
            taken.append(time.monotonic() - began)
        return taken

    def _authorize(self) -> requests.Response:
        asked = {
            "client_id": CLIENT,
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": "https://neighbour.example/callback",
            "code_challenge": "A" * 43,
            "code_challenge_method": "S256",
            "state": "s",
            "nonce": "n",
        }
        answer = self._http.get(f"{self._issuer}/authorize?{urlencode(asked)}", allow_redirects=False)
        self._page = requests.compat.urljoin(self._issuer, answer.headers.get("Location", ""))  # type: ignore[attr-defined]
        return answer

    def _token(self) -> requests.Response:
        grant = {"grant_type": "authorization_code", "code": "x", "code_verifier": "v" * 43}
        grant["redirect_uri"] = "https://neighbour.example/callback"
        return self._http.post(f"{self._issuer}/token", data=grant, auth=(CLIENT, self._secret))


def p95(seconds: list[float]) -> float:
    """Return what one in twenty exceeds; of fewer than twenty the longest."""
    return max(seconds) if len(seconds) < 20 else statistics.quantiles(seconds, n=20)[-1]
