"""What the relying party receives, and in which form."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from authsvc.clients.kinds import ADDRESS, ALGORITHM, CHOICE, FLAG, SCOPE, TEXT
from authsvc.clients.scopes import REGISTRABLE
from authsvc.clients.setting import Agreement, Setting, Summary
from authsvc.clients.settings.groups import RECEIVED
from authsvc.keys.algorithms import SIGNING

_SIGNING = list(zip(SIGNING, SIGNING, strict=True))


def _becomes_public(before: str, after: str) -> bool:
    """Whether people would become known by the same identifier as elsewhere (S10-09)."""
    return after == "public" != before


# Written at registration alone; what was registered before it was asked for has no such word.
SECTOR_COVERS_KEYS: Final = Setting("sector_covers_keys", FLAG)
SETTINGS = (
    Setting(
        "scopes",
        SCOPE,
        wire=True,
        member="scope",
        group=RECEIVED,
        label=_("Scopes"),
        help=_("liveness is no sign-in: the site may ask whether a living person is before a camera."),
        choices=list(zip(REGISTRABLE, REGISTRABLE, strict=True)),
        summary=Summary(60, _("Scopes"), tell=", ".join),
    ),
    # On the wire it is one of the grant types.
    Setting(
        "offline_access",
        FLAG,
        group=RECEIVED,
        label=_("Refresh tokens"),
        help=_("For access while the person is away."),
    ),
    Setting(
        "subject_type",
        CHOICE,
        wire=True,
        group=RECEIVED,
        label=_("Subject identifiers"),
        choices=(
            ("pairwise", _("Pairwise: this site's own for each person")),
            ("public", _("Public: the same everywhere")),
        ),
        summary=Summary(80, _("Subject ids"), tell=str),
        approval=Agreement(_becomes_public, _("It tells the site identifiers that other sites know too.")),
    ),
    Setting(
        "sector",
        TEXT,
        group=RECEIVED,
        label=_("Sector"),
        help=_("Host of the pairwise identifiers, where redirects have more."),
    ),
    Setting(
        "id_token_signed_response_alg",
        ALGORITHM,
        wire=True,
        group=RECEIVED,
        label=_("ID tokens are signed with"),
        choices=_SIGNING,
        summary=Summary(70, _("ID tokens")),
    ),
    Setting(
        "userinfo_signed_response_alg",
        ALGORITHM,
        wire=True,
        group=RECEIVED,
        label=_("Userinfo is signed with"),
        choices=[("", _("Not signed")), *_SIGNING],
    ),
    Setting("access_token_format", CHOICE, group=RECEIVED, label=_("Access tokens")),
    Setting(
        "dpop_bound_access_tokens",
        FLAG,
        wire=True,
        group=RECEIVED,
        label=_("Bind access tokens to a key (DPoP)"),
        help=_("A request without a proof is refused."),
    ),
    Setting("sector_identifier_uri", ADDRESS, wire=True),
    SECTOR_COVERS_KEYS,
    Setting(
        "tls_client_certificate_bound_access_tokens",
        FLAG,
        wire=True,
    ),
    Setting("id_token_encrypted_response_alg", TEXT, wire=True),
    Setting("id_token_encrypted_response_enc", TEXT, wire=True),
    Setting("userinfo_encrypted_response_alg", TEXT, wire=True),
    Setting("userinfo_encrypted_response_enc", TEXT, wire=True),
)
