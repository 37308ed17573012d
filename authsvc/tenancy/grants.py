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
        "portal": "SELECT INSERT UPDATE(created_at)",
        "worker": "SELECT",
    },
    # --- the log: nobody changes or deletes, and who owns the table is none of these
    "audit_auditevent": {_ALL: "SELECT INSERT"},
    "audit_audithead": {_ALL: "SELECT INSERT UPDATE(sequence digest)"},
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
    "keys_taskdone": {"provider": "SELECT INSERT DELETE", "worker": "SELECT INSERT"},
    # --- people, their devices, consents and references
    "subjects_subject": {
        "web": "SELECT UPDATE(status reference reference_version reference_moments seal)",
        "provider": "SELECT UPDATE(reference reference_moments seal)",
        "worker": "SELECT",
        "portal": "SELECT INSERT UPDATE(status reference reference_moments seal)",
    },
    "subjects_device": {
        "web": "SELECT INSERT UPDATE(name status recovered sign_count share_kind last_used_at seal)",
        "provider": "SELECT",
        "worker": "SELECT UPDATE(share_kind)",
        "portal": "SELECT UPDATE(name status seal)",
    },
    "privacy_consentreceipt": {
        "web": "SELECT INSERT UPDATE(withdrawn_at seal)",
        "provider portal": "SELECT UPDATE(withdrawn_at seal)",
        "worker": "SELECT",
    },
    "privacy_need": {"web portal": "SELECT INSERT UPDATE(seal) DELETE"},
    "vault_reference": {
        "web provider portal": "SELECT UPDATE(status sealed_template)",
        "worker": "SELECT INSERT UPDATE(status sealed_template last_opened_at)",
    },
    "vault_moment": {"web provider portal": "SELECT DELETE", "worker": "SELECT INSERT DELETE"},
    "vault_devicewrap": {"web provider portal": "SELECT DELETE", "worker": _EVERYTHING},
    "vault_dueerasure": {
        "web provider portal": "SELECT INSERT",
        "worker": "SELECT INSERT UPDATE(requested_at) DELETE",
    },
    "enrolment_enrolmentlink": {
        "web": "SELECT UPDATE(used_at seal)",
        "portal": "SELECT INSERT UPDATE(revoked_at seal)",
    },
    "enrolment_recoverycodes": {
        "web": "SELECT INSERT UPDATE(digests seal) DELETE",
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
    "policy_policyversion": {
        "web provider worker": "SELECT",
        "portal": "SELECT INSERT UPDATE(seal)",
    },
    "transactions_transaction": {
        "web": "SELECT INSERT UPDATE",
        "provider worker": "SELECT UPDATE(state decided_at ended_at evidence face_closed seal)",
        "portal": "SELECT UPDATE(state ended_at seal)",
    },
    "transactions_capture": {
        "web": "SELECT INSERT UPDATE",
        "provider worker": "SELECT UPDATE",
        "portal": "SELECT UPDATE(state reason)",
    },
    "transactions_sealedsample": {
        # What is sealed to a worker is read by workers alone.
        "web": "SELECT(capture_id tenant_id) INSERT DELETE",
        "provider": "SELECT(capture_id tenant_id received_at) DELETE",
        "worker": "SELECT DELETE",
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
    "oidc_pushedrequest": {"web": "SELECT INSERT UPDATE(used_at)", "provider": "SELECT DELETE"},
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
        "provider portal": "SELECT INSERT UPDATE(state decided_at decided_by_name seal)",
    },
    "memberships_invitation": {"portal": "SELECT INSERT UPDATE(used_at withdrawn_at seal)"},
    "accounts_membership": {"portal": _EVERYTHING},
    "accounts_user": {"portal": "SELECT INSERT UPDATE(password last_login name email is_active)"},
    "accounts_administratorsession": {"portal": _EVERYTHING},
    "accounts_recoverycode": {"portal": "SELECT INSERT UPDATE(used_at) DELETE"},
    "accounts_sentform": {"portal": "SELECT INSERT UPDATE(path sealed) DELETE"},
    "account_emailaddress": {"portal": _EVERYTHING},
    "account_emailconfirmation": {},
    "mfa_authenticator": {"portal": _EVERYTHING},
    # --- Django's own, which no process uses
    "auth_group": {},
    "auth_group_permissions": {},
    "auth_permission": {},
    "django_content_type": {},
    "django_migrations": {},
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
