"""Algorithms: known ones, and an encryption key where something is to be encrypted."""

from collections.abc import Iterable

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from authsvc.clients.fields import of_kind
from authsvc.clients.kinds import ALGORITHM
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import Problems
from authsvc.core.texts import Text
from authsvc.keys.algorithms import CONTENT_ENCRYPTION, KEY_MANAGEMENT, SIGNING, UNSIGNED

_ENCRYPTED = ("id_token", "userinfo")


def _not_offered(value: str, offered: Iterable[str]) -> Text:
    """Return what is said of an algorithm that is none of those on offer."""
    text = _("{value} is not offered; use one of {offered}.")
    return format_lazy(text, value=repr(value), offered=", ".join(offered))


def check_algorithms(party: RelyingParty, problems: Problems) -> None:
    """Every algorithm is offered; ID tokens are always signed; encryption has a key to encrypt to."""
    for row in of_kind(ALGORITHM):
        value = row.of(party)
        if value == UNSIGNED and row.name == "request_object_signing_alg":
            continue
        if value and value not in SIGNING:
            problems.add(row.name, _not_offered(value, SIGNING))
    if not party.id_token_signed_response_alg:
        problems.add("id_token_signed_response_alg", _("ID tokens are always signed."))
    for what in _ENCRYPTED:
        _check_encryption(party, what, problems)


def _check_encryption(party: RelyingParty, what: str, problems: Problems) -> None:
    alg_field, enc_field = f"{what}_encrypted_response_alg", f"{what}_encrypted_response_enc"
    algorithm, encoding = getattr(party, alg_field), getattr(party, enc_field)
    if encoding and not algorithm:
        problems.add(enc_field, format_lazy(_("Without {field} nothing is encrypted."), field=alg_field))
    if algorithm and algorithm not in KEY_MANAGEMENT:
        problems.add(alg_field, _not_offered(algorithm, KEY_MANAGEMENT))
    if encoding and encoding not in CONTENT_ENCRYPTION:
        problems.add(enc_field, _not_offered(encoding, CONTENT_ENCRYPTION))
    if algorithm and not party.jwks_uri and not _has_encryption_key(party, algorithm):
        text = _("No registered key can be used to encrypt with {algorithm}.")
        problems.add(alg_field, format_lazy(text, algorithm=algorithm))


def _has_encryption_key(party: RelyingParty, algorithm: str) -> bool:
    wanted = "RSA" if algorithm.startswith("RSA") else "EC"
    return any(
        key.get("kty") == wanted and key.get("use", "enc") == "enc"
        for key in party.inline_keys()
        if isinstance(key, dict)
    )
