"""Client authentication: a method that exists, and what it needs."""

from typing import Any

from cryptography.x509 import Name
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.clients.validation.certificates import check_certificates
from authsvc.core.ids import unb64u
from authsvc.core.texts import Text

RSA_BITS = 2048
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})


def check_credentials(party: RelyingParty, problems: Problems) -> None:
    """The method is known, and the keys or the certificate that it needs are there and usable."""
    method = party.token_endpoint_auth_method
    if method not in RelyingParty.Authentication.values:
        problems.add(
            "token_endpoint_auth_method", format_lazy(_("{value} is not offered."), value=repr(method))
        )
    if party.jwks is not None and party.jwks_uri:
        problems.add("jwks", _("Give keys by value or by jwks_uri, not both."))
    if method == RelyingParty.Authentication.PRIVATE_KEY_JWT and not (party.jwks or party.jwks_uri):
        problems.add("jwks", _("private_key_jwt needs a public key, by value or by jwks_uri."))
    if method == RelyingParty.Authentication.SELF_SIGNED_TLS and not (party.jwks or party.jwks_uri):
        problems.add("jwks", _("self_signed_tls_client_auth needs the certificate as a key with x5c."))
    check_certificates(party, problems)
    if party.tls_client_auth_subject_dn and not _is_name(party.tls_client_auth_subject_dn):
        problems.add("tls_client_auth_subject_dn", _("must be a distinguished name as RFC 4514 writes it"))
    if party.jwks is not None:
        _check_keys(party.jwks, problems)


def _is_name(text: str) -> bool:
    try:
        return bool(Name.from_rfc4514_string(text))
    except ValueError:
        return False


def _check_keys(jwks: object, problems: Problems) -> None:
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not keys:
        problems.add("jwks", _('must look like {"keys": […]} with at least one key'))
        return
    for number, key in enumerate(keys, start=1):
        problem = problem_of_key(key)
        if problem:
            problems.add("jwks", format_lazy(_("Key {number}: {problem}."), number=number, problem=problem))
    names = [str(key.get("kid") or "") for key in keys if isinstance(key, dict)]
    if len(names) > 1 and "" in names:
        problems.add("jwks", _("Of several keys each needs a kid."))
    elif len(set(names)) != len(names):
        problems.add("jwks", _("Two keys have the same kid."))


def problem_of_key(key: Any) -> Text | None:
    """Return why a public JWK cannot be used, or None.

    It must be public, asymmetric and strong enough (RSA of 2048 bits or more; S9.4-09). Keys are held to
    it where they are registered, and again wherever they are read (oidc/proofs/client_keys.py).
    """
    if not isinstance(key, dict):
        return _("not an object")
    if _PRIVATE_MEMBERS & key.keys():
        return _("it holds a private or symmetric key; register the public part only")
    if key.get("kty") not in ("RSA", "EC", "OKP"):
        return format_lazy(_("kty {kty} cannot be used"), kty=repr(key.get("kty")))
    try:
        if key["kty"] == "RSA" and int.from_bytes(unb64u(key["n"])).bit_length() < RSA_BITS:
            return _("RSA keys need 2048 bits or more")
        import_key(key)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return _("it cannot be read")
    return None
