"""A relying party without pages, as Annex A has it: it pushes its request, and redeems with proofs of keys.

It proves itself by `private_key_jwt`, binds request and tokens to a DPoP key, and checks what it gets by the
rules of the partner's package. What is to go wrong on its side it does itself (devtools/phone/faults.py).
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from fido2.utils import websafe_encode
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from devtools.phone.faults import Fault
from devtools.phone.phone import Denied
from rp.client.assurance import Wanted, authorize_parameters, require
from rp.client.refused import Refused
from rp.client.tokens import Party, check_id_token

_TIMEOUT_S: Final = 30
_MINUTE: Final = 60
_MOST_AGE: Final = 5 * _MINUTE
_ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NO_SUCH_LEVEL: Final = "urn:visor:L4"


@dataclass(frozen=True)
class Registered:
    """How a provider knows a relying party, and the private half of the key that it registered there."""

    issuer: str
    client_id: str
    redirect_uri: str
    key: dict[str, str | list[str]] = field(repr=False)


@dataclass(frozen=True)
class Demand:
    """What a relying party asks of a sign-in: the parameters of its request, and what it then takes.

    `wanted` is what the ID token has to show.
    """

    parameters: Mapping[str, str]
    wanted: Wanted

    @classmethod
    def of(cls, wanted: Wanted) -> Self:
        """Demand it: essential claims, which are met or refused."""
        return cls(authorize_parameters(wanted), wanted)

    @classmethod
    def wish(cls, *acr: str) -> Self:
        """Wish for these, the best first, and take the last one too."""
        return cls({"acr_values": " ".join(acr)}, Wanted(acr[-1]))


ANNEX_A: Final = Demand.of(Wanted("urn:visor:L2", max_age=_MOST_AGE))
"""Essential acr, and an authentication of the last five minutes."""

THERE: Final = Demand.of(Wanted("urn:visor:L2", max_age=_MOST_AGE, presence=True))
"""The same, by a living person before a camera."""


class ScriptedParty:
    """One sign-in at one relying party; `claims` are those of the ID token that it took."""

    def __init__(self, known: Registered, demand: Demand = ANNEX_A, *, fault: Fault | None = None) -> None:
        self.claims: dict[str, Any] = {}
        self._known, self._demand, self._fault = known, demand, fault
        self._key, self._proof_key = ECKey.import_key(known.key), ECKey.generate_key("P-256")
        self._state, self._nonce, self._verifier = (secrets.token_urlsafe(32) for _ in range(3))
        self._provider: dict[str, Any] = {}

    # ---- what the phone calls

    def ask(self) -> str:
        """Push the request, and return the address that takes the browser to it. Raises Denied."""
        found = requests.get(f"{self._known.issuer}.well-known/openid-configuration", timeout=_TIMEOUT_S)
        self._provider = found.json()
        pushed = self._post(1, "pushed_authorization_request_endpoint", self._request())
        query = {"client_id": self._known.client_id, "request_uri": pushed["request_uri"]}
        return f"{self._provider['authorization_endpoint']}?{urlencode(query)}"

    def take(self, answer: str) -> None:
        """Redeem the code of the provider's answer, and check the ID token. Raises Denied."""
        given = dict(parse_qsl(urlsplit(answer).query))
        if given.get("iss") != self._known.issuer or given.get("state") != self._state:
            raise Denied(12, 0, "foreign-answer")
        if "error" in given:
            raise Denied(11, 302, given["error"], given.get("error_description", ""))
        tokens = self._post(12, "token_endpoint", self._redemption(given.get("code", "")))
        if tokens.get("token_type") != "DPoP":
            raise Denied(12, 200, "unbound-token")
        self.claims = self._checked(tokens["id_token"])

    # ---- its two requests

    def _request(self) -> dict[str, str]:
        demand = self._demand
        if self._fault is Fault.UNREACHABLE_LEVEL:
            demand = Demand.of(Wanted(_NO_SUCH_LEVEL))
        foreign = self._fault is Fault.FOREIGN_REDIRECT
        return {
            "response_type": "code",
            "scope": "openid",
            "redirect_uri": "https://other.example/cb" if foreign else self._known.redirect_uri,
            "state": self._state,
            "nonce": self._nonce,
            "code_challenge": _digest(self._verifier),
            "code_challenge_method": "S256",
            **demand.parameters,
        }

    def _redemption(self, code: str) -> dict[str, str]:
        if self._fault is Fault.FOREIGN_PROOF_KEY:
            self._proof_key = ECKey.generate_key("P-256")
        foreign = self._fault is Fault.FOREIGN_VERIFIER
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._known.redirect_uri,
            "code_verifier": secrets.token_urlsafe(32) if foreign else self._verifier,
        }

    def _post(self, step: int, endpoint: str, body: dict[str, str]) -> dict[str, Any]:
        answer = self._sent(step, endpoint, body)
        if answer.headers.get("DPoP-Nonce") and answer.json().get("error") == "use_dpop_nonce":
            # It waited somewhere, and its proof is of no present moment (RFC 9449 section 8).
            answer = self._sent(step, endpoint, body, nonce=answer.headers["DPoP-Nonce"])
        content: dict[str, Any] = answer.json()
        if answer.status_code >= 300:
            raise Denied(step, answer.status_code, content["error"], content.get("error_description", ""))
        return content

    def _sent(self, step: int, endpoint: str, body: dict[str, str], *, nonce: str = "") -> requests.Response:
        url = str(self._provider[endpoint])
        bare = step == 12 and self._fault is Fault.NO_PROOF
        headers = {} if bare else {"DPoP": self._proof(url, nonce)}
        return requests.post(url, {**body, **self._assertion()}, headers=headers, timeout=_TIMEOUT_S)

    # ---- its proofs

    def _assertion(self) -> dict[str, str]:
        """Return client authentication by its key (RFC 7523 section 2.2), new for each request."""
        foreign = self._fault is Fault.FOREIGN_CLIENT_KEY
        key = ECKey.generate_key("P-256") if foreign else self._key
        named = self._known.client_id
        moment = int(time.time())
        claims = {
            "iss": named,
            "sub": named,
            "aud": self._known.issuer,
            "iat": moment,
            "exp": moment + _MINUTE,
        }
        header = {"alg": "ES256", "kid": self._key.kid}
        text = jwt.encode(header, {**claims, "jti": secrets.token_urlsafe(16)}, key)
        return {"client_id": named, "client_assertion": text, "client_assertion_type": _ASSERTION}

    def _proof(self, url: str, nonce: str) -> str:
        """Return a proof of the DPoP key for one POST (RFC 9449 section 4.2)."""
        public = {name: str(value) for name, value in self._proof_key.as_dict(private=False).items()}
        public.pop("kid", None)
        claims = {"htm": "POST", "htu": url, "iat": int(time.time()), "jti": secrets.token_urlsafe(16)}
        claims |= {"nonce": nonce} if nonce else {}
        return jwt.encode({"typ": "dpop+jwt", "alg": "ES256", "jwk": public}, claims, self._proof_key)

    def _checked(self, id_token: str) -> dict[str, Any]:
        keys = KeySet.import_key_set(requests.get(self._provider["jwks_uri"], timeout=_TIMEOUT_S).json())
        party = Party(self._known.issuer, self._known.client_id)
        moment = time.time()
        try:
            claims = check_id_token(id_token, keys, party, nonce=self._nonce, now=moment)
            require(claims, self._demand.wanted, now=moment)
        except Refused as refused:
            raise Denied(12, 200, "refused", refused.reason) from None
        return claims


def _digest(text: str) -> str:
    return websafe_encode(hashlib.sha256(text.encode()).digest())
