"""Liveness as a service, from a partner's server: a session is opened, and its result taken, once.

Needs no settings and no session of Django's; docs/liveness-service.md of the provider describes both calls.
"""

import secrets
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import requests
from joserfc import jwt
from joserfc.jwk import ECKey

from .discovery import TIMEOUT_SECONDS, Provider, is_safe_address
from .refused import ProviderUnreachable, Refused
from .tokens import LIVENESS_TYPE, Claims, Party, check_liveness

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60


class NoResult(Refused):
    """The service gives none: `error` is its code, `retry_after` the seconds to wait where waiting helps."""

    def __init__(self, error: str, description: str, retry_after: int | None = None) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.retry_after = retry_after


@dataclass(frozen=True)
class LivenessSession:
    """One session: its id stays on the server, and `agent_url` goes to the page of the visitor alone."""

    id: str
    agent_url: str
    jkt: str


class Liveness:
    """One client of the service, which proves itself by a private key (private_key_jwt), a JWK of P-256.

    `typ` is that of the results that count: of one that a developer chose in a sandbox it is another.
    """

    def __init__(self, issuer: str, client_id: str, key: dict[str, Any], *, typ: str = LIVENESS_TYPE) -> None:
        self._party, self._key, self._typ = Party(issuer, client_id), ECKey.import_key(key), typ
        self._provider = Provider(issuer)

    def open(self, jkt: str, **more: str) -> LivenessSession:
        """Open a session for the key with this thumbprint, which the visitor's page holds. Raises Refused."""
        _, answer = self._post("sessions", {"cnf_jkt": jkt, **more})
        return LivenessSession(str(answer["id"]), str(answer["agent_url"]), jkt)

    def take(self, session: LivenessSession) -> Claims | None:
        """Take the result: the verified claims, or None where the person is still before the camera.

        Raises NoResult where nobody was seen or it is over, and Refused for a result that is not ours.
        """
        status, answer = self._post(f"sessions/{session.id}", {})
        if status == HTTPStatus.ACCEPTED:
            return None
        token = str(answer["result"])
        keys = self._provider.keys_for(token)
        named = {"session": session.id, "jkt": session.jkt, "typ": self._typ}
        return check_liveness(token, keys, self._party, now=time.time(), **named)

    def _post(self, path: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        url = f"{self._party.issuer}liveness/{path}"
        if not is_safe_address(url):
            raise ProviderUnreachable(f"{url} is not https")
        sent = {**body, **self._assertion()}
        try:
            answer = requests.post(url, sent, timeout=TIMEOUT_SECONDS, allow_redirects=False)
            content = answer.json()
        except (requests.RequestException, ValueError) as problem:
            raise ProviderUnreachable(f"{url}: {problem}") from problem
        if answer.status_code >= HTTPStatus.MULTIPLE_CHOICES:
            wait = answer.headers.get("Retry-After", "")
            seconds = int(wait) if wait.isdecimal() else None
            raise NoResult(str(content.get("error")), str(content.get("error_description")), seconds)
        return answer.status_code, content

    def _assertion(self) -> dict[str, str]:
        """Return client authentication (RFC 7523 section 2.2), new for each request."""
        named, moment = self._party.client_id, int(time.time())
        claims = {"iss": named, "sub": named, "aud": self._party.issuer, "iat": moment}
        claims |= {"exp": moment + ASSERTION_SECONDS, "jti": secrets.token_urlsafe(16)}
        header = {"alg": "ES256", "kid": self._key.kid}
        text = jwt.encode(header, claims, self._key)
        return {"client_id": named, "client_assertion": text, "client_assertion_type": ASSERTION}
