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

    LOG_BEGUN = (
        "platform:log:begun",
        _("The events of the release before were taken over into the log."),
    )
    LOG_BROKEN = (
        "platform:log:broken",
        _("The log was checked, and is not whole."),
        ALARM,
    )
    LOG_CHECK_ASKED = "portal:log:check-asked", _("Somebody had the log checked.")
    LOG_CHECKED = "platform:log:checked", _("The log was checked, as somebody had asked.")
    LOG_EXPORT_ALLOWED = "portal:log:export-allowed", _("An export of the log was allowed.")
    LOG_EXPORTED = "platform:log:exported", _("Events of the log were exported.")
    LIST_EXPORTED = (
        "portal:list:exported",
        _("A list of the portal was taken away as a table."),
    )
    FILTER_SAVED = "portal:list:filter-saved", _("Filters of a list were saved under a name.")
    FILTER_DROPPED = "portal:list:filter-dropped", _("Saved filters of a list were dropped.")
    LOG_PRUNED = "platform:log:pruned", _("Events that had been kept for thirteen months were deleted.")
    PERSONAL_ERASED = (
        "privacy:log:erased",
        _("What events said of a person was erased from the log."),
    )

    BUILD_BLOCKED = "platform:build:blocked", _("A version of the sign-in page is let in no more.")
    BUILD_ALLOWED = "platform:build:allowed", _("A version of the sign-in page is let in again.")
    TENANT_SUSPENDED = (
        "platform:tenant:suspended",
        _("Whoever runs the server suspended the organisation: nobody signs in."),
    )
    TENANT_RESUMED = (
        "platform:tenant:resumed",
        _("Whoever runs the server resumed the organisation: people sign in again."),
    )
    TENANT_BOUNDED = (
        "platform:tenant:bounded",
        _("Whoever runs the server changed how much the organisation may have."),
    )
    ORGANISATION_CHANGED = (
        "portal:organisation:changed",
        _("The organisation’s name or language was changed."),
    )
    BRANDING_CHANGED = "portal:branding:changed", _("The colour or logo of the organisation was changed.")
    READ_NOTED = (
        "portal:organisation:read",
        _("An administrator had read the policy, or how long everything is kept."),
    )
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
    ADMIN_SESSIONS_ENDED = (
        "portal:admin:sessions-ended",
        _("An administrator ended sessions of theirs on other devices."),
    )
    ADMIN_FACTOR_ADDED = (
        "portal:admin:factor-added",
        _("An administrator added a passkey or an authenticator app."),
    )
    ADMIN_FACTOR_REMOVED = (
        "portal:admin:factor-removed",
        _("An administrator removed a passkey or an authenticator app."),
    )

    SINGLE_SIGN_ON_SET = (
        "portal:single-sign-on:set",
        _("It was set how administrators sign in at the organisation’s own provider."),
    )
    SINGLE_SIGN_ON_SECRET_SET = (
        "portal:single-sign-on:secret-set",
        _("A new secret for the organisation’s own provider was stored."),
    )
    SINGLE_SIGN_ON_REMOVED = (
        "portal:single-sign-on:removed",
        _("Administrators sign in at the organisation’s own provider no more."),
    )
    IDENTITY_LINKED = (
        "portal:identity:linked",
        _("An administrator’s account was linked to one at the organisation’s own provider."),
    )
    IDENTITY_UNLINKED = (
        "portal:identity:unlinked",
        _("An administrator’s account is linked to none at the organisation’s own provider any more."),
    )
    ADMIN_CAME_BY_PROVIDER = (
        "portal:admin:came-by-provider",
        _("An administrator signed in at the organisation’s own provider."),
    )

    PEOPLE_PROVIDER_SET = (
        "portal:self-enrolment:set",
        _("It was set how people enrol by the word of the organisation’s own provider."),
    )
    PEOPLE_PROVIDER_SECRET_SET = (
        "portal:self-enrolment:secret-set",
        _("A new secret for the provider at which people sign in to enrol was stored."),
    )
    PEOPLE_PROVIDER_REMOVED = (
        "portal:self-enrolment:removed",
        _("People enrol by the word of the organisation’s own provider no more."),
    )
    PERSON_CAME_BY_PROVIDER = (
        "enrolment:person:came-by-provider",
        _("A person came from the organisation’s own provider to enrol."),
    )
    SELF_ENROLMENT_REFUSED = (
        "enrolment:self:refused",
        _("Somebody who came from the organisation’s own provider was not let enrol."),
    )

    HOST_ASKED = "portal:host:asked", _("A host name of one’s own was asked for.")
    HOST_LIVE = (
        "portal:host:live",
        _("The organisation moved to a host name of its own: issuer and pages are there now."),
    )
    HOST_LEFT = (
        "portal:host:left",
        _("The organisation moved back to the address of the installation."),
    )
    HOST_DROPPED = "portal:host:dropped", _("A host name that was not in use was given up.")

    APPROVAL_ASKED = "portal:approval:asked", _("A second administrator’s agreement was asked for.")
    APPROVAL_GIVEN = "portal:approval:given", _("An administrator agreed to what another had asked for.")
    APPROVAL_REFUSED = "portal:approval:refused", _("What an administrator had asked for was refused.")
    APPROVAL_EXPIRED = "portal:approval:expired", _("Nobody agreed in time to what was asked for.")

    CLIENT_CREATED = "portal:client:created", _("A relying party was registered.")
    CLIENT_CHANGED = "portal:client:changed", _("A relying party was changed.")
    CLIENT_REFUSED = "portal:client:refused", _("The registration of a relying party was refused.")
    CLIENT_LIVE = (
        "portal:client:live",
        _("A relying party that was in test was let live: people can sign in there."),
    )
    CLIENT_REMOVED = "portal:client:removed", _("A relying party was deleted.")
    CLIENT_RESTORED = "portal:client:restored", _("A deleted relying party was brought back.")
    CLIENT_SECRET_ADDED = "portal:client:secret-added", _("A relying party got a secret.")
    CLIENT_SECRET_REVOKED = "portal:client:secret-revoked", _("A relying party’s secret was revoked.")

    SUBJECT_CREATED = "portal:subject:created", _("A person was entered.")
    IMPORT_CHECKED = (
        "portal:subject:import-checked",
        _("A table of people was read and its lines were judged; nobody was entered."),
    )
    IMPORT_BEGUN = "portal:subject:import-begun", _("Entering people from a table began.")
    IMPORT_STOPPED = "portal:subject:import-stopped", _("Entering people from a table was stopped.")
    IMPORT_LINKS_TAKEN = (
        "portal:subject:import-links-taken",
        _("The links of people who were entered from a table were taken away."),
    )
    SUBJECT_CHANGED = "portal:subject:changed", _("What is known of a person was changed.")
    SUBJECT_SUSPENDED = (
        "portal:subject:suspended",
        _("A person was suspended: they cannot sign in for the time being."),
    )
    SUBJECT_RESUMED = "portal:subject:resumed", _("A person who was suspended may sign in again.")
    SUBJECT_CLOSED = "portal:subject:closed", _("A person was erased.")
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

    DISPUTE_OPENED = "privacy:dispute:opened", _("What a person objects to was written down.")
    DISPUTE_ANSWERED = "privacy:dispute:answered", _("A person’s objection was answered.")

    NEED_SET = (
        "privacy:need:set",
        _("It was stored what a person needs when their face is checked."),
    )
    NEED_DROPPED = (
        "privacy:need:dropped",
        _("What a person needed when their face is checked was deleted."),
    )

    PUSH_ADDED = "person:push:added", _("A person’s browser takes pushes from now on.")
    PUSH_REMOVED = "person:push:removed", _("A person’s browser takes no pushes any more.")
    TELLING_CHANGED = "person:telling:changed", _("A person chose how they want to be told.")

    OWN_PAGE_OPENED = "person:page:opened", _("A person opened their own page.")
    OWN_PAGE_LEFT = "person:page:left", _("A person left their own page.")

    AGENT_REFUSED = "capture:request:refused", _("A request of the capture page was refused.")

    TRANSACTION_OPENED = "transaction:transaction:opened", _("An attempt began.")
    TRANSACTION_EXPIRED = "transaction:transaction:expired", _("An attempt took too long.")
    TRANSACTION_CANCELLED = "transaction:transaction:cancelled", _("An attempt was given up.")
    TRANSACTION_CONSUMED = "transaction:transaction:consumed", _("An attempt was handed over.")
    HANDOFF_NEAR = (
        "transaction:handoff:near",
        _("A passkey was used at the device that began, before a second one took the attempt over."),
    )
    HANDOFF_OPENED = "transaction:handoff:opened", _("An attempt was offered to a second device.")
    HANDOFF_MET = (
        "transaction:handoff:met",
        _("A second device opened an attempt, and was asked for the number."),
    )
    HANDOFF_TAKEN = "transaction:handoff:taken", _("A second device took an attempt over.")
    HANDOFF_DENIED = (
        "transaction:handoff:denied",
        _("Whoever opened an attempt on a second device had no such screen before them."),
        ALARM,
    )
    HANDOFF_WRONG = (
        "transaction:handoff:wrong",
        _("A second device got the number wrong, and an attempt can be handed on no more."),
    )
    DEVICE_PROVEN = "transaction:device:proven", _("A passkey was proven.")
    DEVICE_REFUSED = "transaction:device:refused", _("A passkey was refused.")
    KEY_PROVEN = (
        "transaction:key:proven",
        _("The page that a site had opened a liveness check for proved its key."),
    )
    KEY_REFUSED = (
        "transaction:key:refused",
        _("A page did not prove the key that a site had named for a liveness check."),
    )
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
    OUTGOING_LEFT = "transaction:outgoing:left", _("A sealed reference was left for the phone to fetch.")
    OUTGOING_FETCHED = "transaction:outgoing:fetched", _("The phone fetched its sealed reference.")
    FLOW_REFUSED = (
        "transaction:flow:refused",
        _("Something was sent or asked for that the application model does not list."),
        ALARM,
    )
    SAMPLE_ERASED = "transaction:sample:erased", _("A capture was erased.")
    VERDICT_RECORDED = "transaction:verdict:recorded", _("A capture was judged.")
    REGION_REFUSED = (
        "transaction:region:refused",
        _("A face was to be processed outside the region that the organisation pinned."),
        ALARM,
    )
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
    STORE_UNTRUE = (
        "vault:store:untrue",
        _("The object store gave back something else than it was given, or has lost it."),
        ALARM,
    )
    STORE_AWAY = "vault:store:away", _("The object store did not answer; the person was asked again.")
    OBJECT_DELETED = (
        "vault:object:deleted",
        _("What the object store had of a reference was deleted."),
    )
    REFERENCE_KEY_DESTROYED = (
        "vault:reference:key-destroyed",
        _("The key of an erased reference was destroyed: no copy of it opens any more."),
    )

    REQUEST_REFUSED = "oidc:request:refused", _("A relying party’s request was refused.")
    CLIENT_KEYS_READ = (
        "oidc:client:keys-read",
        _("A relying party’s public keys were read from its address, and had changed or were new here."),
    )
    TEST_BEGUN = "portal:client:test-begun", _("An administrator started a test sign-in.")
    TEST_SIGNED_IN = (
        "oidc:test:signed-in",
        _("A test sign-in came to its end; nobody was signed in anywhere."),
    )
    BENCH_BEGUN = "portal:client:bench-begun", _("The test bench was started at a relying party.")
    BENCH_STOPPED = "portal:client:bench-stopped", _("The test bench was stopped before its end.")
    BENCH_SEEN = "oidc:bench:seen", _("A case of the test bench ended.")
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
    LIVENESS_REFUSED = (
        "liveness:request:refused",
        _("A site’s request for a liveness check, or for its result, was refused."),
    )
    PERSON_TOLD = "oidc:backchannel:told", _("A person was told that a relying party asks for a sign-in.")
    PERSON_NOT_TOLD = (
        "oidc:backchannel:not-told",
        _("A person was not told, or not in one way, that a relying party asks for a sign-in."),
    )
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
    POLICY_DRAFTED = "policy:draft:saved", _("A draft of the policy was saved; nobody is judged by it.")
    POLICY_DRAFT_DISCARDED = "policy:draft:discarded", _("A draft of the policy was thrown away.")
    RECORD_ADOPTED = "biometrics:evaluation-record:adopted", _("An evaluation record was adopted.")
