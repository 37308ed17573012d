"""The one table of what each process may do in the database: per table and role, verbs and columns (T02).

    web       answers people and relying parties
    provider  the scheduled work: ends, delivers, rotates, sweeps
    worker    judges samples and opens references
    portal    the administrators' screens
    migrator  owns the tables, and changes them: `migrate`, and commands without a role
    backup    reads everything, for pg_dump

A table that is not here can be used by nobody, and fails a test. What a role lacks shows as "permission
denied for table …": one word here mends it. Columns stand after UPDATE and SELECT where a role needs no
others. A lock (`select_for_update`) takes UPDATE of one column; that of a tenant is of no use to anybody.
Names of tables stand as text: this room lies below theirs.
"""

import re
from collections.abc import Iterator, Mapping, Set
from typing import Final

from authsvc.tenancy.sql import Right

ROLE_PREFIX: Final = "visor_"
MIGRATOR: Final = "visor_migrator"
BACKUP: Final = "visor_backup"
PROCESSES: Final = ("visor_web", "visor_provider", "visor_worker", "visor_portal")
DATABASE_ROLES: Final = (*PROCESSES, MIGRATOR, BACKUP)

_ALL: Final = "web provider worker portal"
_EVERYTHING: Final = "SELECT INSERT UPDATE DELETE"

# Roles, and what they may do.
GRANTS: Final[Mapping[str, Mapping[str, str]]] = {
    "tenancy_tenant": {
        "web provider": "SELECT UPDATE(created_at)",
        "portal": (
            "SELECT INSERT UPDATE(created_at name language suspended_at most_people most_relying_parties)"
        ),
        "worker": "SELECT",
    },
    "branding_branding": {
        "web provider": "SELECT",
        "portal": "SELECT INSERT UPDATE(accent logo logo_digest)",
    },
    "hosts_host": {
        "web provider": "SELECT",
        "portal": "SELECT INSERT UPDATE(state rp_id live_at left_at seal) DELETE",
    },
    # --- limits: on one machine, where there is no Redis
    "limits_counter": {_ALL: _EVERYTHING},
    # --- who goes on; workers say it with their keys
    "heartbeats_heartbeat": {"web": "SELECT", "provider portal": "SELECT INSERT UPDATE(seen_at)"},
    # --- the log: nobody changes or deletes, and who owns the table is none of these
    "audit_auditevent": {_ALL: "SELECT INSERT"},
    "audit_audithead": {_ALL: "SELECT INSERT UPDATE(sequence digest)"},  # of the release before
    "audit_log": {
        "web portal": "SELECT",
        "provider": "SELECT INSERT UPDATE(floor next_floor next_floor_at next_floor_snapshot)",
    },
    "audit_position": {"web portal": "SELECT", "provider": "SELECT INSERT"},
    "audit_segment": {"web portal": "SELECT", "provider": "SELECT INSERT"},
    "audit_storedtile": {"web portal": "SELECT", "provider": "SELECT INSERT"},
    "audit_storedcheckpoint": {
        "web portal": "SELECT",
        "provider": "SELECT INSERT UPDATE(cosignatures)",
    },
    # --- keys
    "keys_signingkey": {
        # The portal moves keys; one that web has not sealed is published by nobody (keys/vouching.py).
        "web provider portal": (
            "SELECT INSERT UPDATE(state state_changed_at became_current_at sealed_private public_seal)"
        ),
    },
    "keys_workerkey": {"web provider portal": "SELECT", "worker": _EVERYTHING},
    "keys_samplekey": {"worker": "SELECT DELETE"},
    "keys_vaultkey": {"worker": "SELECT INSERT UPDATE(sealed previous)"},
    "keys_taskdone": {"provider": "SELECT INSERT DELETE", "worker portal": "SELECT INSERT"},
    # --- people, their devices, consents and references
    "subjects_subject": {
        # Web enters who came from their organisation's own provider (authsvc/self_enrolment).
        "web": "SELECT INSERT UPDATE(status reference reference_version reference_moments seal)",
        "provider": "SELECT UPDATE(name external_id claims status reference reference_moments seal)",
        "worker": "SELECT",
        "portal": "SELECT INSERT UPDATE(name external_id claims status reference reference_moments seal)",
    },
    "subjects_word": {
        "web": "SELECT INSERT",
        "worker": "SELECT",
        "provider portal": "SELECT INSERT DELETE",
    },
    "subjects_amendment": {
        "web": "SELECT",
        "provider": "SELECT DELETE",
        "portal": "SELECT INSERT UPDATE(name external_id claims status asked_at seal) DELETE",
    },
    "subjects_device": {
        "web": (
            "SELECT INSERT "
            "UPDATE(name status recovered sign_count share_kind receiving_key last_used_at seal)"
        ),
        "provider": "SELECT",
        "worker": "SELECT UPDATE(share_kind)",
        "portal": "SELECT UPDATE(name status seal)",
    },
    "privacy_consentreceipt": {
        "web": "SELECT INSERT UPDATE(withdrawn_at seal)",
        "provider": "SELECT UPDATE(withdrawn_at seal) DELETE",
        "portal": "SELECT UPDATE(withdrawn_at seal)",
        "worker": "SELECT",
    },
    "privacy_need": {"web portal": "SELECT INSERT UPDATE(seal) DELETE"},
    "privacy_dispute": {
        "provider": "SELECT(id tenant_id opened_at) DELETE",
        "portal": "SELECT INSERT UPDATE(outcome answer answered_at answered_by_name) DELETE",
    },
    "vault_reference": {
        "web provider portal": "SELECT UPDATE(status sealed_template object_name)",
        "worker": "SELECT INSERT UPDATE(status sealed_template object_name digest last_opened_at)",
    },
    "vault_moment": {
        "web provider portal": "SELECT DELETE",
        "worker": "SELECT INSERT UPDATE(sealed_template object_name digest) DELETE",
    },
    "vault_devicewrap": {"web provider portal": "SELECT DELETE", "worker": _EVERYTHING},
    "vault_bundle": {"web provider portal": "SELECT DELETE", "worker": _EVERYTHING},
    "vault_dueerasure": {
        "web provider portal": "SELECT INSERT",
        "worker": "SELECT INSERT UPDATE(requested_at) DELETE",
    },
    # Who erases says so; who may ask the object store does it.
    "vault_dueobject": {
        "web provider portal": "SELECT INSERT",
        "worker": "SELECT INSERT UPDATE(part due_at) DELETE",
    },
    "enrolment_enrolmentlink": {
        "web": "SELECT INSERT UPDATE(used_at revoked_at seal)",
        "provider": "SELECT(id tenant_id expires_at) DELETE",
        "portal": "SELECT INSERT UPDATE(revoked_at seal)",
    },
    "enrolment_recoverycodes": {
        "web": "SELECT INSERT UPDATE(digests seal) DELETE",
        "portal": "SELECT DELETE",
    },
    "enrolment_peopleimport": {
        "provider": "SELECT(id tenant_id made_at) DELETE",
        "portal": "SELECT INSERT UPDATE(state way moved_at why_stopped taken_at seal)",
    },
    "self_enrolment_peopleprovider": {
        "web": "SELECT",
        "portal": (
            "SELECT INSERT UPDATE(name issuer client_id scopes external_id_claim name_claim email everybody "
            "gate_claim gate_values acr_values max_age newcomers enabled sealed_secret seal) DELETE"
        ),
    },
    "self_enrolment_arrival": {"web": "SELECT INSERT", "portal": "SELECT DELETE"},
    "enrolment_importline": {
        # Deleted with its table, which the database itself does.
        "provider": "SELECT(id tenant_id table_id) DELETE",
        "portal": "SELECT INSERT UPDATE(verdict problem outcome subject_id sealed_link)",
    },
    "reach_pushkey": {"web": "SELECT INSERT", "provider": "SELECT INSERT"},
    "reach_subscription": {
        "web": "SELECT INSERT DELETE",
        "provider": "SELECT UPDATE(told_at) DELETE",
        "portal": "SELECT DELETE",
    },
    "reach_preference": {
        "web": "SELECT INSERT UPDATE(way quiet_hours)",
        "provider": "SELECT",
        "portal": "SELECT DELETE",
    },
    "person_visit": {
        "web": "SELECT INSERT UPDATE(last_used_at ended_at seal)",
        "provider": "SELECT DELETE",
    },
    # --- relying parties, and what waits to be told to them
    "clients_relyingparty": {
        "web portal": "SELECT INSERT UPDATE",
        "provider worker": "SELECT",
    },
    "clients_clientsecret": {
        "web": "SELECT INSERT UPDATE(last_used_at seal) DELETE",
        "provider worker": "SELECT",  # digests, which come along with their relying party
        "portal": "SELECT INSERT UPDATE(expires_at seal) DELETE",
    },
    "delivery_delivery": {
        "web portal": "SELECT INSERT UPDATE(due_at)",
        "provider": "SELECT INSERT UPDATE(due_at tries delivered_at problem) DELETE",
    },
    # --- attempts
    "capture_build": {"web": "SELECT"},
    "policy_policyversion": {
        "web provider worker": "SELECT",
        "portal": "SELECT INSERT UPDATE(seal)",
    },
    "transactions_transaction": {
        "web": "SELECT INSERT UPDATE",
        "provider": "SELECT UPDATE(state decided_at ended_at evidence face_closed refused_for seal) DELETE",
        "worker": "SELECT UPDATE(state decided_at ended_at evidence face_closed refused_for seal)",
        "portal": "SELECT UPDATE(state ended_at seal)",
    },
    "transactions_capture": {
        "web": "SELECT INSERT UPDATE",
        "provider": "SELECT UPDATE DELETE",
        "worker": "SELECT UPDATE",
        "portal": "SELECT UPDATE(state reason)",
    },
    "transactions_sealedsample": {
        # What is sealed to a worker is read by workers alone.
        "web": "SELECT(capture_id tenant_id) INSERT DELETE",
        "provider": "SELECT(capture_id tenant_id received_at) DELETE",
        "worker": "SELECT DELETE",
        "portal": "SELECT(capture_id tenant_id) DELETE",
    },
    "transactions_outgoing": {
        # What is sealed to an agent is left by a worker and handed over by web, once.
        "web": "SELECT DELETE",
        "provider": "SELECT(capture_id tenant_id expires_at) DELETE",
        "worker": "SELECT(capture_id tenant_id) INSERT",
        "portal": "SELECT(capture_id tenant_id) DELETE",
    },
    "transactions_attemptcounter": {
        "web provider worker": "SELECT INSERT UPDATE",
        "portal": "SELECT UPDATE(failures locked_until disabled)",
    },
    # --- the OpenID provider
    "oidc_provider": {
        "web": "SELECT INSERT UPDATE(seal)",
        "provider": "SELECT",
        "portal": (
            "SELECT INSERT "
            "UPDATE(dynamic_registration open_registration sandbox_authenticator statement_issuers seal)"
        ),
    },
    "oidc_session": {
        "web": ("SELECT INSERT UPDATE(digest device_id events authenticated_at last_used_at ended_at seal)"),
        "provider": "SELECT UPDATE(ended_at seal) DELETE",
        "portal": "SELECT UPDATE(ended_at seal)",
    },
    "oidc_grant": {
        "web": "SELECT INSERT UPDATE(code_redeemed_at revoked_at seal)",
        "provider": "SELECT UPDATE(session_id revoked_at seal) DELETE",
        "portal": "SELECT UPDATE(revoked_at seal)",
    },
    "oidc_token": {
        "web": "SELECT INSERT UPDATE(spent_at spent_on sealed_answer revoked_at seal)",
        "provider": "SELECT DELETE",
    },
    "oidc_pushedrequest": {
        "web": "SELECT INSERT UPDATE(used_at)",
        "provider": "SELECT DELETE",
        "portal": "INSERT",  # of test sign-ins
    },
    "oidc_usedonce": {"web": "SELECT INSERT", "provider": "SELECT DELETE"},
    "oidc_backchannelrequest": {
        "web": "SELECT INSERT UPDATE(interval state grant_id polled_at answered_at redeemed_at seal)",
        "provider": "SELECT DELETE",
    },
    "oidc_rememberedconsent": {
        "web": "SELECT INSERT UPDATE(seal) DELETE",
        "provider": "SELECT DELETE",
    },
    "oidc_initialaccesstoken": {
        "web": "SELECT UPDATE(uses_left seal)",
        "provider": "SELECT DELETE",
        "portal": "SELECT INSERT UPDATE(expires_at seal)",
    },
    "oidc_logoutnotice": {},  # of a release before; the outbox has taken it over
    # --- administrators
    "management_approval": {
        # Whom a request is about stops it at their own page.
        "web": "SELECT UPDATE(state decided_at decided_by_name seal)",
        "provider": "SELECT INSERT UPDATE(state decided_at decided_by_name seal) DELETE",
        "portal": "SELECT INSERT UPDATE(state decided_at decided_by_name seal)",
    },
    "management_policydraft": {
        "provider": "SELECT(id tenant_id saved_at) DELETE",
        "portal": "SELECT INSERT UPDATE(changes parties saved_by saved_at) DELETE",
    },
    "management_read": {"portal": "SELECT INSERT"},
    "management_savedfilter": {
        "provider": "SELECT(id tenant_id saved_at) DELETE",
        "portal": "SELECT INSERT UPDATE(query saved_at) DELETE",
    },
    "management_logcheck": {
        "provider": "SELECT UPDATE(touched_at total done ended_at event) DELETE",
        "portal": "SELECT INSERT",
    },
    "memberships_invitation": {
        "provider": "SELECT(id tenant_id expires_at) DELETE",
        "portal": "SELECT INSERT UPDATE(used_at withdrawn_at seal)",
    },
    "memberships_singlesignon": {
        "portal": (
            "SELECT INSERT UPDATE(name issuer client_id scopes role_claim roles acr_values just_in_time "
            "password_stays enabled sealed_secret seal) DELETE"
        ),
    },
    "memberships_identity": {"portal": "SELECT INSERT UPDATE(address used_at seal) DELETE"},
    "accounts_membership": {"portal": _EVERYTHING},
    "accounts_user": {
        "portal": "SELECT INSERT UPDATE(password last_login name email is_active language zone)"
    },
    # What is over is deleted by scheduled work, which sees of it that it is.
    "accounts_administratorsession": {
        "provider": "SELECT(session_key expire_date) DELETE",
        "portal": _EVERYTHING,
    },
    "accounts_recoverycode": {"portal": "SELECT INSERT UPDATE(used_at) DELETE"},
    "accounts_sentform": {
        "provider": "SELECT(digest tenant_id sent_at) DELETE",
        "portal": "SELECT INSERT UPDATE(path sealed) DELETE",
    },
    "account_emailaddress": {"portal": _EVERYTHING},
    "account_emailconfirmation": {},
    "mfa_authenticator": {"portal": _EVERYTHING},
    # --- Django's own, which no process uses, but to see whether its tables are there (config/health.py)
    "auth_group": {},
    "auth_group_permissions": {},
    "auth_permission": {},
    "django_content_type": {},
    "django_migrations": {_ALL: "SELECT(app name)"},
    "django_session": {},
}
_WORD: Final = re.compile(r"([A-Z]+)(?:\(([^)]*)\))?")


def rights(tables: Set[str]) -> set[Right]:
    """Return all that is granted on these tables; the backup reads every one, here or not."""
    processes = {right for table in GRANTS.keys() & tables for right in _rights_on(table)}
    return processes | {Right(table, BACKUP, "SELECT") for table in tables}


def _rights_on(table: str) -> Iterator[Right]:
    for roles, words in GRANTS[table].items():
        for verb, columns in _WORD.findall(words):
            for role in roles.split():
                for column in columns.split() or [""]:
                    yield Right(table, ROLE_PREFIX + role, verb, column)
