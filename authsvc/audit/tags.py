"""Every event that can be recorded: `source:subject:action`."""

from enum import StrEnum


class Tag(StrEnum):
    """What happened. The source is the part of Visor that saw it."""

    TENANT_CREATED = "platform:tenant:created"

    ADMIN_SIGNED_IN = "portal:admin:signed-in"
    ADMIN_INVITED = "portal:admin:invited"

    CLIENT_CREATED = "portal:client:created"
    CLIENT_CHANGED = "portal:client:changed"
    CLIENT_REFUSED = "portal:client:refused"
    CLIENT_SECRET_ADDED = "portal:client:secret-added"
    CLIENT_SECRET_REVOKED = "portal:client:secret-revoked"

    SUBJECT_CREATED = "portal:subject:created"
    SUBJECT_CLOSED = "portal:subject:closed"
    ENROLMENT_LINK_CREATED = "portal:enrolment-link:created"
    ENROLMENT_LINK_USED = "enrolment:link:used"
    ENROLMENT_LINK_REFUSED = "enrolment:link:refused"
    ENROLMENT_LINK_REVOKED = "portal:enrolment-link:revoked"

    NOTICE_SHOWN = "enrolment:notice:shown"
    CONSENT_GIVEN = "privacy:consent:given"
    CONSENT_WITHDRAWN = "privacy:consent:withdrawn"

    AGENT_REFUSED = "capture:request:refused"

    TRANSACTION_OPENED = "transaction:transaction:opened"
    TRANSACTION_EXPIRED = "transaction:transaction:expired"
    TRANSACTION_CANCELLED = "transaction:transaction:cancelled"
    TRANSACTION_CONSUMED = "transaction:transaction:consumed"
    DEVICE_PROVEN = "transaction:device:proven"
    DEVICE_REFUSED = "transaction:device:refused"
    DEVICE_ADDED = "transaction:device:added"
    DEVICE_REVOKED = "transaction:device:revoked"
    CHALLENGE_ISSUED = "transaction:challenge:issued"
    SAMPLE_ACCEPTED = "transaction:sample:accepted"
    SAMPLE_REFUSED = "transaction:sample:refused"
    SAMPLE_ERASED = "transaction:sample:erased"
    VERDICT_RECORDED = "transaction:verdict:recorded"
    VERDICT_REFUSED = "transaction:verdict:refused"
    FACE_DECLINED = "transaction:face:declined"
    FACE_LOCKED = "transaction:face:locked"
    FACE_DISABLED = "transaction:face:disabled"
    FACE_REBOUND = "transaction:face:rebound"

    REFERENCE_CREATED = "vault:reference:created"
    REFERENCE_OPENED = "vault:reference:opened"
    REFERENCE_ALARM = "vault:reference:alarm"
    REFERENCE_SHARED = "vault:reference:wrapped-for-device"
    REFERENCE_REVOKED = "vault:reference:revoked"

    REQUEST_REFUSED = "oidc:request:refused"
    SESSION_REUSED = "oidc:session:reused"
    CODE_ISSUED = "oidc:code:issued"
    CODE_REUSED = "oidc:code:reused"
    TOKEN_ISSUED = "oidc:token:issued"
    TOKEN_REFUSED = "oidc:token:refused"
    TOKEN_REVOKED = "oidc:token:revoked"
    SIGNED_OUT = "oidc:session:ended"
    SANDBOX_DECIDED = "oidc:sandbox:decided"
    PROVIDER_CHANGED = "oidc:provider:changed"
    CLAIMS_CONSENT_GIVEN = "oidc:consent:given"
    CLAIMS_CONSENT_REFUSED = "oidc:consent:refused"
    REFRESH_REUSED = "oidc:refresh:reused"
    LOGOUT_DELIVERED = "oidc:logout:delivered"
    LOGOUT_FAILED = "oidc:logout:failed"
    CLIENT_REGISTERED_ITSELF = "oidc:client:registered"

    KEY_CREATED = "keys:key:created"
    KEY_ROTATED = "keys:key:rotated"
    KEY_REVOKED = "keys:key:revoked"
    POLICY_PUBLISHED = "policy:version:published"
    RECORD_ADOPTED = "biometrics:evaluation-record:adopted"
