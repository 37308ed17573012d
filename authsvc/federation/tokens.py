"""Redeeming a code at a tenant's own provider, and what it says of a person at its userinfo endpoint."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from authsvc.federation.metadata import OutsideProvider, call, object_in
from authsvc.federation.refused import AnswerRefused

Claims = dict[str, Any]


def redeem(provider: OutsideProvider, form: Mapping[str, str], *, secret: str) -> tuple[str, str]:
    """Return the ID token and the access token, or "", that a code was good for (RFC 6749 section 4.1.3).

    Raises AnswerRefused where the provider takes the code from nobody, and ProviderAway.
    """
    sent, headers = dict(form), {"Content-Type": "application/x-www-form-urlencoded"}
    if secret and provider.posts_secret:
        sent["client_secret"] = secret
    elif secret:
        # Section 2.3.1: both parts are encoded before they are joined.
        pair = f"{quote(sent['client_id'], safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    answer = call(provider.token_endpoint, method="POST", body=urlencode(sent).encode(), headers=headers)
    if 400 <= answer.status < 500:  # section 5.2
        raise AnswerRefused(detail=f"the token endpoint answers {answer.status}: {answer.body[:300]!r}")
    tokens = object_in(answer, provider.token_endpoint)
    id_token, access = tokens.get("id_token"), tokens.get("access_token")
    if not isinstance(id_token, str):
        raise AnswerRefused(detail="the token endpoint gives no ID token")
    return id_token, access if isinstance(access, str) else ""


def userinfo(provider: OutsideProvider, access_token: str, *, sub: str) -> Claims:
    """Return what the provider says of a person; nothing where it has no such endpoint.

    Raises AnswerRefused where that is about somebody else (OpenID Connect Core section 5.3.2), and
    ProviderAway.
    """
    if not provider.userinfo_endpoint or not access_token:
        return {}
    headers = {"Authorization": f"Bearer {access_token}"}
    said = object_in(call(provider.userinfo_endpoint, headers=headers), provider.userinfo_endpoint)
    if said.get("sub") != sub:
        raise AnswerRefused(detail=f"userinfo is about {said.get('sub')!r}, the ID token about {sub!r}")
    return said
