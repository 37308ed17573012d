"""How long the tables of this room keep their rows (authsvc/core/retention.py)."""

from datetime import timedelta

from authsvc.core.retention import Kept, Swept

_EMPTY = ("account_emailconfirmation", "auth_group", "auth_group_permissions", "django_session")
_FACTORS = ("accounts_recoverycode", "mfa_authenticator")

ROWS = (
    Swept(
        "accounts_administratorsession",
        "expire_date",
        timedelta(0),
        "a session of the portal that nobody can go on with",
        key="session_key",
        tenants=False,
    ),
    Swept(
        "accounts_sentform",
        "sent_at",
        timedelta(days=1),
        "a form that was left open for longer is not sent twice",
        key="digest",
    ),
    Kept("accounts_user", "for good: the log names administrators, and what they did stays theirs"),
    Kept("accounts_membership", "until it is taken away; the log says that it was"),
    Kept("account_emailaddress", "as the administrator that it belongs to"),
    Kept("auth_permission", "Django's own: a row a kind of right, which nobody is given"),
    Kept("django_content_type", "Django's own: a row a model"),
    *(Kept(table, "Django's own, which no process may use: empty") for table in _EMPTY),
    *(Kept(table, "until the administrator puts another in its place, or starts anew") for table in _FACTORS),
    Kept("django_migrations", "for good: which migrations were run"),
)
