"""client_secret_basic and client_secret_post (RFC 6749 section 2.3.1)."""

import base64
import binascii
import secrets
from datetime import timedelta
from urllib.parse import unquote_plus

from authsvc.clients.models import ClientSecret, RelyingParty
from authsvc.core.clock import now
from authsvc.core.ids import secret_hash
from authsvc.oidc.callers.refused import not_proven
from authsvc.oidc.wire.parameters import refuse_control_characters
from authsvc.oidc.wire.refusal import RequestRefused

# "Last used" is for a person who rolls secrets over; writing it at every call would cost a query each.
_NOTE_EVERY = timedelta(minutes=10)


def read_basic(header: str) -> tuple[str, str]:
    """Return client_id and secret of a Basic authorization header; raises RequestRefused.

    Both are form-encoded before they are joined, and the scheme's name may be written in any case. Control
    characters are refused as in every other parameter.
    """
    try:
        decoded = base64.b64decode(header[len("basic ") :].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise not_proven(
            rule="client-secret-header", came="not base64", expected="base64 of id:secret"
        ) from None
    identifier, colon, secret = decoded.partition(":")
    if not colon:
        raise _malformed("no colon")
    identifier, secret = unquote_plus(identifier), unquote_plus(secret)
    refuse_control_characters({"client_id": identifier, "client_secret": secret})
    return identifier, secret


def _malformed(came: str) -> RequestRefused:
    return not_proven(rule="client-secret-header", came=came, expected="base64 of id:secret")


def check_secret(client: RelyingParty, secret: str) -> None:
    """Accept any of the client's live secrets; raises RequestRefused for everything else."""
    digest = secret_hash(secret)
    for row in client.known_secrets:
        if secrets.compare_digest(row.digest, digest) and (row.expires_at is None or row.expires_at > now()):
            _note_use(row)
            return
    raise not_proven(rule="client-secret", came="an unknown or expired secret", expected="a live secret")


def _note_use(row: ClientSecret) -> None:
    moment = now()
    if row.last_used_at is None or moment - row.last_used_at > _NOTE_EVERY:
        row.last_used_at = moment
        ClientSecret.objects.filter(pk=row.pk).update(last_used_at=moment)
