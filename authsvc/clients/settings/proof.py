"""How the relying party proves itself, and what it signs."""

from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import ADDRESS, ALGORITHM, CHOICE, FLAG, KEYS, TEXT
from authsvc.clients.setting import Setting, Summary
from authsvc.clients.settings.groups import PROOF
from authsvc.keys.algorithms import SIGNING

SETTINGS = (
    Setting(
        "token_endpoint_auth_method",
        CHOICE,
        wire=True,
        group=PROOF,
        label=_("Client authentication"),
        summary=Summary(50, _("Authentication")),
    ),
    Setting(
        "jwks",
        KEYS,
        wire=True,
        group=PROOF,
        label=_("Public keys (JWKS)"),
        help=_("Or give their address below."),
    ),
    Setting(
        "jwks_uri",
        ADDRESS,
        wire=True,
        group=PROOF,
        label=_("Address of the public keys"),
    ),
    Setting(
        "tls_client_auth_subject_dn",
        TEXT,
        wire=True,
        group=PROOF,
        label=_("Subject of the client certificate"),
    ),
    Setting(
        "profile",
        CHOICE,
        group=PROOF,
        label=_("Profile"),
        summary=Summary(90, _("Profile")),
    ),
    Setting(
        "require_pushed_authorization_requests",
        FLAG,
        wire=True,
        group=PROOF,
        label=_("Accept pushed authorization requests only"),
    ),
    Setting(
        "require_signed_request_object",
        FLAG,
        wire=True,
        group=PROOF,
        label=_("Accept signed requests only"),
    ),
    Setting(
        "authorization_signed_response_alg",
        ALGORITHM,
        wire=True,
        group=PROOF,
        label=_("Answers are signed with"),
        choices=[("", _("Not signed unless asked for")), *zip(SIGNING, SIGNING, strict=True)],
    ),
    Setting("token_endpoint_auth_signing_alg", ALGORITHM, wire=True),
    Setting("request_object_signing_alg", ALGORITHM, wire=True),
)
