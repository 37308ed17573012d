"""Every event that can be recorded, a line each; the portal's texts about it come from the same line."""

from enum import StrEnum
from typing import Final, Self

from django.utils.translation import gettext_lazy as _

from authsvc.core.texts import Text

# Marks what no honest participant does: the overview asks administrators to look at it.
ALARM: Final = True


class Tag(StrEnum):
    """What happened, as `source:subject:action` and in plain words; the source is the part that saw it.

    Each has a writer (tests/arch/test_tags.py).
    """

    words: Text
    is_alarm: bool

    def __new__(cls, value: str, words: Text = "", is_alarm: bool = False) -> Self:
        """Let a tag be its text, as the log keeps it."""
        tag = str.__new__(cls, value)
        tag._value_ = value
        tag.words, tag.is_alarm = words, is_alarm
        return tag

    TASK_REFUSED = (
        "platform:task:refused",
        _("A message to a worker came that no server of ours had sent like this."),
        ALARM,
    )
    TASK_REPEATED = "platform:task:repeated", _("A message to a worker came again after it had been done.")

    TENANT_CREATED = "platform:tenant:created", _("An organisation was created.")

    ADMIN_SIGNED_IN = "portal:admin:signed-in", _("An administrator signed in.")
    ADMIN_SIGN_IN_FAILED = "portal:admin:sign-in-failed", _("An administrator’s sign-in failed.")
    ADMIN_INVITED = "portal:admin:invited", _("An administrator was invited.")
    ADMIN_INVITATION_WITHDRAWN = (
        "portal:admin:invitation-withdrawn",
        _("An administrator’s invitation was withdrawn."),
    )
    ADMIN_JOINED = "portal:admin:joined", _("An administrator joined.")
    ADMIN_ROLE_CHANGED = "portal:admin:role-changed", _("An administrator got another role.")
    ADMIN_DISABLED = "portal:admin:disabled", _("An administrator was disabled.")
    ADMIN_ENABLED = "portal:admin:enabled", _("An administrator was let in again.")
    ADMIN_REMOVED = "portal:admin:removed", _("An administrator was removed.")
    ADMIN_STARTED_ANEW = (
        "portal:admin:started-anew",
        _("An administrator’s password and factors were taken back, so that they start anew."),
    )
    ADMIN_CODES_MADE = "portal:admin:recovery-codes-made", _("An administrator got new recovery codes.")
    ADMIN_FACTOR_ADDED = (
        "portal:admin:factor-added",
        _("An administrator added a passkey or an authenticator app."),
    )
    ADMIN_FACTOR_REMOVED = (
        "portal:admin:factor-removed",
        _("An administrator removed a passkey or an authenticator app."),
    )

    APPROVAL_ASKED = "portal:approval:asked", _("A second administrator’s agreement was asked for.")
    APPROVAL_GIVEN = "portal:approval:given", _("An administrator agreed to what another had asked for.")
    APPROVAL_REFUSED = "portal:approval:refused", _("What an administrator had asked for was refused.")
    APPROVAL_EXPIRED = "portal:approval:expired", _("Nobody agreed in time to what was asked for.")

    CLIENT_CREATED = "portal:client:created", _("A relying party was registered.")
    CLIENT_CHANGED = "portal:client:changed", _("A relying party was changed.")
    CLIENT_REFUSED = "portal:client:refused", _("The registration of a relying party was refused.")
    CLIENT_SECRET_ADDED = "portal:client:secret-added", _("A relying party got a secret.")
    CLIENT_SECRET_REVOKED = "portal:client:secret-revoked", _("A relying party’s secret was revoked.")

    SUBJECT_CREATED = "portal:subject:created", _("A person was entered.")
    SUBJECT_CLOSED = "portal:subject:closed", _("A person’s account was closed.")
    ENROLMENT_LINK_CREATED = "portal:enrolment-link:created", _("An enrolment link was made.")
    ENROLMENT_LINK_USED = "enrolment:link:used", _("An enrolment link was used.")
    ENROLMENT_LINK_REFUSED = "enrolment:link:refused", _("An enrolment link was refused.")
    ENROLMENT_LINK_REVOKED = "portal:enrolment-link:revoked", _("An enrolment link was revoked.")

    FACE_RENEWED = "enrolment:face:renewed", _("A person added a moment to their reference.")
    FACE_TOO_OLD = (
        "capture:face:too-old",
        _("A face was too old to count, and the person was led to renew it."),
    )

    RECOVERY_CODES_MADE = "enrolment:recovery-codes:made", _("A person got new recovery codes.")
    RECOVERY_CODE_USED = (
        "enrolment:recovery-code:used",
        _("A person used a recovery code to make a new passkey."),
    )
    RECOVERY_CODE_REFUSED = "enrolment:recovery-code:refused", _("A recovery code was refused.")

    NOTICE_SHOWN = "enrolment:notice:shown", _("A person was shown the privacy notice.")
    CONSENT_GIVEN = "privacy:consent:given", _("A person agreed to the use of their face.")
    CONSENT_WITHDRAWN = "privacy:consent:withdrawn", _("A person’s consent was withdrawn.")
    FACE_ERASED = "privacy:face:erased", _("What was made of a person’s face was erased.")

    NEED_SET = (
        "privacy:need:set",
        _("It was stored what a person needs when their face is checked."),
    )
    NEED_DROPPED = (
        "privacy:need:dropped",
        _("What a person needed when their face is checked was deleted."),
    )

    OWN_PAGE_OPENED = "person:page:opened", _("A person opened their own page.")
    OWN_PAGE_LEFT = "person:page:left", _("A person left their own page.")

    AGENT_REFUSED = "capture:request:refused", _("A request of the capture page was refused.")

    TRANSACTION_OPENED = "transaction:transaction:opened", _("An attempt began.")
    TRANSACTION_EXPIRED = "transaction:transaction:expired", _("An attempt took too long.")
    TRANSACTION_CANCELLED = "transaction:transaction:cancelled", _("An attempt was given up.")
    TRANSACTION_CONSUMED = "transaction:transaction:consumed", _("An attempt was handed over.")
    DEVICE_PROVEN = "transaction:device:proven", _("A passkey was proven.")
    DEVICE_REFUSED = "transaction:device:refused", _("A passkey was refused.")
    DEVICE_PROOF_DROPPED = (
        "transaction:device:proof-dropped",
        _("The page was loaded anew, so the passkey had to be used again."),
    )
    DEVICE_COUNTER_BACK = (
        "transaction:device:counter-went-back",
        _("A synced passkey’s counter went back; it may be used on two devices."),
    )
    DEVICE_ADDED = "transaction:device:added", _("A passkey was added.")
    DEVICE_BOUND = "enrolment:device:bound", _("A person added a further passkey.")
    DEVICE_RECOVERED = "enrolment:device:recovered", _("A person made a new passkey with a recovery code.")
    DEVICE_REVOKED = "transaction:device:revoked", _("A passkey was revoked.")
    DEVICE_RENAMED = "transaction:device:renamed", _("A passkey got another name.")
    CHALLENGE_ISSUED = "transaction:challenge:issued", _("A capture was asked for.")
    CHALLENGE_UNANSWERED = (
        "transaction:challenge:unanswered",
        _("A capture was asked for and none arrived; it counts as a try."),
    )
    SAMPLE_ACCEPTED = "transaction:sample:accepted", _("A capture arrived.")
    SAMPLE_REFUSED = "transaction:sample:refused", _("A capture was refused.")
    SAMPLE_ERASED = "transaction:sample:erased", _("A capture was erased.")
    VERDICT_RECORDED = "transaction:verdict:recorded", _("A capture was judged.")
    VERDICT_REFUSED = (
        "transaction:verdict:refused",
        _("A verdict came that no worker of ours signed for this attempt."),
        ALARM,
    )
    FACE_DECLINED = "transaction:face:declined", _("A person chose to go without the face.")
    FACE_LOCKED = "transaction:face:locked", _("A person’s face waits after failed tries.")
    FACE_DISABLED = "transaction:face:disabled", _("A person’s face was turned off after failed tries.")
    FACE_REBOUND = "transaction:face:rebound", _("A person’s face was bound to another device.")

    REFERENCE_CREATED = "vault:reference:created", _("A reference was stored.")
    REFERENCE_OPENED = "vault:reference:opened", _("A reference was opened.")
    REFERENCE_ALARM = (
        "vault:reference:alarm",
        _("A stored reference is not the one that was expected."),
        ALARM,
    )
    MOMENT_ADDED = "vault:moment:added", _("A further moment of a reference was stored.")
    MOMENTS_DROPPED = "vault:moment:dropped", _("Moments of a reference were erased.")
    REFERENCE_SHARED = "vault:reference:wrapped-for-device", _("A device got its share of a reference’s key.")
    REFERENCE_REVOKED = "vault:reference:revoked", _("A reference was revoked.")
    REFERENCE_KEY_DESTROYED = (
        "vault:reference:key-destroyed",
        _("The key of an erased reference was destroyed: no copy of it opens any more."),
    )

    REQUEST_REFUSED = "oidc:request:refused", _("A relying party’s request was refused.")
    SESSION_REUSED = "oidc:session:reused", _("A person was signed in already.")
    CODE_ISSUED = "oidc:code:issued", _("An authorization code was issued.")
    CODE_REUSED = (
        "oidc:code:reused",
        _("An authorization code was used twice; what was issued for it has been revoked."),
        ALARM,
    )
    TOKEN_ISSUED = "oidc:token:issued", _("Tokens were issued.")
    TOKEN_REFUSED = "oidc:token:refused", _("Tokens were refused.")
    TOKEN_REVOKED = "oidc:token:revoked", _("A token was revoked.")
    SIGNED_OUT = "oidc:session:ended", _("A session ended.")
    SANDBOX_DECIDED = "oidc:sandbox:decided", _("A developer decided an attempt in the sandbox.")
    PROVIDER_CHANGED = "oidc:provider:changed", _("The provider’s options were changed.")
    CLAIMS_CONSENT_GIVEN = "oidc:consent:given", _("A person agreed to share with a relying party.")
    CLAIMS_CONSENT_REFUSED = "oidc:consent:refused", _("A person refused to share with a relying party.")
    REFRESH_REUSED = "oidc:refresh:reused", _("A refresh token was used twice.")
    LOGOUT_DELIVERED = "oidc:logout:delivered", _("A relying party was told that a session ended.")
    LOGOUT_FAILED = "oidc:logout:failed", _("A relying party could not be told that a session ended.")
    CLIENT_REGISTERED_ITSELF = "oidc:client:registered", _("A relying party registered itself.")
    INITIAL_TOKEN_ISSUED = "oidc:initial-token:issued", _("An initial access token was issued.")
    INITIAL_TOKEN_REVOKED = "oidc:initial-token:revoked", _("An initial access token was revoked.")
    REGISTRATION_REFUSED = (
        "oidc:client:registration-refused",
        _("A relying party’s own registration was refused."),
    )

    BACKCHANNEL_ASKED = "oidc:backchannel:asked", _("A relying party asked for a sign-in without a browser.")
    BACKCHANNEL_APPROVED = "oidc:backchannel:approved", _("A person approved a sign-in without a browser.")
    BACKCHANNEL_DENIED = "oidc:backchannel:denied", _("A person denied a sign-in without a browser.")
    BACKCHANNEL_NOTIFIED = (
        "oidc:backchannel:notified",
        _("A relying party was called because a result waits."),
    )

    SEAL_REFUSED = (
        "seals:row:refused",
        _("An entry of the database was changed from outside, and was not believed."),
        ALARM,
    )
    ROWS_VOUCHED_FOR = "seals:rows:vouched-for", _("An operator vouched for entries of an earlier release.")
    SEALS_RENEWED = "seals:rows:renewed", _("Seals of entries were renewed, since their key was rotated.")

    KEY_CREATED = "keys:key:created", _("A key was made.")
    KEY_ROTATED = "keys:key:rotated", _("A key was rotated.")
    KEY_REVOKED = "keys:key:revoked", _("A key was revoked.")
    POLICY_PUBLISHED = "policy:version:published", _("A policy was published.")
    RECORD_ADOPTED = "biometrics:evaluation-record:adopted", _("An evaluation record was adopted.")
