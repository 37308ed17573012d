"""Choosing the method by what the request carries, and holding the client to the one it registered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from authsvc.clients.directory import find_client, remembered_client
from authsvc.clients.models import RelyingParty
from authsvc.oidc.callers.assertion import TYPE, check_assertion
from authsvc.oidc.callers.certificate import check_certificate
from authsvc.oidc.callers.refused import not_proven
from authsvc.oidc.callers.secret import check_secret, read_basic
from authsvc.oidc.proofs.jose import read_unverified
from authsvc.oidc.proofs.once import Use
from authsvc.oidc.proofs.refused import NotVerified

Method = RelyingParty.Authentication
# A look into memory tells whether such a client is who it says.
_QUICK = frozenset({Method.NONE, Method.BASIC, Method.POST})


@dataclass(frozen=True)
class Credential:
    """What a request carries to prove its client."""

    method: str
    client_id: str
    value: str = ""


def authenticate_client(
    request: HttpRequest, parameters: Mapping[str, str], *, before_work: Callable[[], None]
) -> tuple[RelyingParty, Use | None]:
    """Return the client that the request proves itself to be, and the use of its assertion, if by one.

    The caller notes that use before anything else is done for the client. `before_work` is called before the
    database or a site is asked, or a signature checked: it may refuse whoever comes too often.

    Exactly one method, and the registered one (RFC 6749 section 2.3). Raises RequestRefused
    (invalid_client, 401).
    """
    credential = _read(request, parameters)
    client = remembered_client(credential.client_id) if credential.method in _QUICK else None
    if client is None:
        before_work()
        client = find_client(credential.client_id)
    if client is None:
        raise not_proven(rule="client-known", came=credential.client_id, expected="a registered client_id")
    method = client.token_endpoint_auth_method
    if credential.method == Method.NONE and method in {Method.TLS, Method.SELF_SIGNED_TLS}:
        before_work()
        check_certificate(client, request)
        return client, None
    if credential.method != method:
        raise not_proven(
            rule="client-method", came=credential.method, expected=client.token_endpoint_auth_method
        )
    if credential.method in {Method.BASIC, Method.POST}:
        check_secret(client, credential.value)
    elif credential.method == Method.PRIVATE_KEY_JWT:
        return client, check_assertion(client, credential.value, at=request.path)
    return client, None


def _read(request: HttpRequest, parameters: Mapping[str, str]) -> Credential:
    found = [
        credential
        for credential in (
            _from_header(request.META.get("HTTP_AUTHORIZATION", "")),
            _from_assertion(parameters),
            _from_body(parameters),
        )
        if credential is not None
    ]
    named = parameters.get("client_id", "")
    if len(found) > 1:
        raise not_proven(
            rule="client-one-method", came=[entry.method for entry in found], expected="one method"
        )
    credential = found[0] if found else Credential(Method.NONE, named)
    if named and credential.client_id != named:
        raise not_proven(rule="client-id-same", came=named, expected=credential.client_id)
    if not credential.client_id:
        raise not_proven(rule="client-known", came="no client_id", expected="client authentication")
    return credential


def _from_header(header: str) -> Credential | None:
    if header[:6].lower() != "basic ":
        return None
    identifier, secret = read_basic(header)
    return Credential(Method.BASIC, identifier, secret)


def _from_body(parameters: Mapping[str, str]) -> Credential | None:
    secret = parameters.get("client_secret")
    return Credential(Method.POST, parameters.get("client_id", ""), secret) if secret else None


def _from_assertion(parameters: Mapping[str, str]) -> Credential | None:
    assertion = parameters.get("client_assertion")
    if assertion is None and "client_assertion_type" not in parameters:
        return None
    if parameters.get("client_assertion_type") != TYPE or not assertion:
        raise not_proven(
            rule="assertion-type", came=parameters.get("client_assertion_type", ""), expected=TYPE
        )
    try:
        subject = read_unverified(assertion).get("sub")
    except NotVerified as problem:
        raise not_proven(rule="assertion-form", came=problem.came, expected=problem.expected) from None
    if not isinstance(subject, str):
        raise not_proven(rule="assertion-sub", came=subject, expected="the client_id")
    return Credential(Method.PRIVATE_KEY_JWT, subject, assertion)
