"""The authorization request of a test sign-in: pushed by the portal, in the name of the relying party."""

from hashlib import sha256
from urllib.parse import urlencode

from authsvc.assurance.acr import acr_of
from authsvc.assurance.levels import Level
from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import b64u, new_secret, secret_hash
from authsvc.oidc.models import PushedRequest
from authsvc.oidc.requests.rules.pushed_request import OF_PORTAL
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.oidc.wire.lifetimes import PUSHED_REQUEST

_NO_SIGN_IN = frozenset({"offline_access", "liveness"})


def push_test(client: RelyingParty, *, return_to: str) -> str:
    """Keep a request for all that the relying party may ask for, and return the address that answers it.

    It returns to the portal, with no code, whose verifier nobody has.
    """
    address = OF_PORTAL + new_secret()
    parameters = {
        "client_id": client.client_id,
        "response_type": "code",
        "redirect_uri": return_to,
        "scope": " ".join(scope for scope in client.scopes if scope not in _NO_SIGN_IN),
        "acr_values": acr_of(Level[client.floor_level]),
        "prompt": "login",
        "nonce": new_secret(),
        "state": new_secret(),
        "code_challenge": b64u(sha256(new_secret().encode()).digest()),
        "code_challenge_method": "S256",
    }
    PushedRequest.objects.create(
        digest=secret_hash(address),
        client=client,
        parameters=parameters,
        expires_at=now() + PUSHED_REQUEST,
    )
    query = urlencode({"client_id": client.client_id, "request_uri": address})
    return f"{issuer_of(client.tenant)}authorize?{query}"
