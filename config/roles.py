"""What each process is made of, by the role it plays: one row a part, and who has it.

    web       the OpenID provider, capture, enrolment, people's own pages
    provider  the provider's scheduled work: sweeps, deliveries, rotation of keys
    worker    opens samples and references, judges, signs verdicts
    portal    the administrators' screens, and long work that they began

A process without a role is a command of manage.py: it sees every part, so that `migrate` and
`makemigrations` cover every table, but it holds no role's secrets and takes no tasks. Order matters in
APPS, MIDDLEWARE and ROUTES. A role's section of the secrets file has the role's name.
"""

from collections.abc import Sequence
from typing import Final, Literal, get_args

Role = Literal["web", "provider", "worker", "portal"]
Row = tuple[str, tuple[Role, ...]]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
EVERY: Final = ROLES
SITE: Final[tuple[Role, ...]] = ("web", "portal")  # what answers browsers
WEB: Final[tuple[Role, ...]] = ("web",)
PROVIDER: Final[tuple[Role, ...]] = ("provider",)
WORKER: Final[tuple[Role, ...]] = ("worker",)
PORTAL: Final[tuple[Role, ...]] = ("portal",)
ISSUER: Final = (*WEB, *PROVIDER)  # what acts for a tenant's issuer, asked or on a schedule
OFFICE: Final = (*ISSUER, *PORTAL)

APPS: Final[tuple[Row, ...]] = (
    ("authsvc.core", EVERY),
    ("authsvc.limits", EVERY),
    ("authsvc.heartbeats", EVERY),
    ("authsvc.tenancy", EVERY),
    ("authsvc.audit", EVERY),
    ("authsvc.keys", EVERY),
    ("authsvc.seals", EVERY),
    ("authsvc.hosts", EVERY),
    ("authsvc.branding", OFFICE),  # mails of scheduled work have a look, too
    ("authsvc.subjects", EVERY),
    ("authsvc.devices", EVERY),
    ("authsvc.clients", EVERY),
    ("authsvc.privacy", EVERY),
    ("authsvc.vault", EVERY),
    ("authsvc.policy", EVERY),
    ("authsvc.reach", OFFICE),  # closing a person forgets how to reach them
    ("authsvc.transactions", EVERY),
    ("authsvc.biometrics", WORKER),
    ("authsvc.evaluation", WORKER),
    ("authsvc.capture", ISSUER),
    ("authsvc.enrolment", OFFICE),  # the portal makes enrolment links
    ("authsvc.delivery", OFFICE),
    ("authsvc.oidc", OFFICE),  # the portal sets the provider's options and moves its keys
    ("authsvc.self_enrolment", OFFICE),  # the portal sets it up
    ("authsvc.tenancy.memberships", PORTAL),
    ("authsvc.management", OFFICE),  # its commands make keys, which the portal may not
    ("authsvc.person", ISSUER),
    ("portal.accounts", PORTAL),
    ("config", EVERY),
    ("django.contrib.auth", PORTAL),
    ("django.contrib.contenttypes", PORTAL),
    ("django.contrib.sessions", PORTAL),
    ("django.contrib.messages", PORTAL),
    ("whitenoise.runserver_nostatic", SITE),
    ("django.contrib.staticfiles", SITE),
    ("django.contrib.humanize", PORTAL),  # allauth's list of security keys says how long ago
    ("django.forms", PORTAL),
    ("allauth", PORTAL),
    ("allauth.account", PORTAL),
    ("allauth.mfa", PORTAL),
    ("csp", SITE),
)

MIDDLEWARE: Final[tuple[Row, ...]] = (
    ("config.requestids.RequestIds", SITE),
    ("config.measured.counting_requests", SITE),
    ("config.tracing.traced", SITE),
    ("authsvc.hosts.middleware.HostGate", SITE),
    ("django.middleware.security.SecurityMiddleware", SITE),
    ("authsvc.seals.refusals.TellingAtTheEnd", SITE),
    ("authsvc.tenancy.shortway.ShortWay", WEB),
    ("whitenoise.middleware.WhiteNoiseMiddleware", SITE),
    ("authsvc.core.opener.OpenerPolicy", SITE),
    ("authsvc.core.caching.never_stored", SITE),
    ("authsvc.core.speculation.never_ahead", SITE),
    ("csp.middleware.CSPMiddleware", SITE),
    ("django.contrib.sessions.middleware.SessionMiddleware", PORTAL),
    ("django.middleware.locale.LocaleMiddleware", SITE),
    ("django.middleware.common.CommonMiddleware", SITE),
    # Before what puts a page in the place of an answer: no page is framed, an error’s neither.
    ("django.middleware.clickjacking.XFrameOptionsMiddleware", SITE),
    ("config.errors.with_pages", SITE),
    ("django.middleware.csrf.CsrfViewMiddleware", SITE),
    ("django.contrib.auth.middleware.AuthenticationMiddleware", PORTAL),
    ("allauth.account.middleware.AccountMiddleware", PORTAL),
    ("portal.accounts.tries.says_when_to_come_again", PORTAL),
    ("django.contrib.messages.middleware.MessageMiddleware", PORTAL),
    ("portal.accounts.limits.SessionLimits", PORTAL),
    ("portal.accounts.preferences.ChosenLanguage", PORTAL),
    ("authsvc.tenancy.middleware.TenantMiddleware", SITE),
    ("portal.accounts.gate.PortalGate", PORTAL),
)

# What templates find beside what their view gives them.
CONTEXT_PROCESSORS: Final[tuple[Row, ...]] = (
    ("django.template.context_processors.request", SITE),
    ("django.contrib.auth.context_processors.auth", PORTAL),
    ("django.contrib.messages.context_processors.messages", PORTAL),
)

# Where a path begins, the module of its routes, and who has them.
ROUTES: Final[tuple[tuple[str, str, tuple[Role, ...]], ...]] = (
    ("", "authsvc.hosts.urls", WEB),
    ("", "authsvc.oidc.discovery.wellknown_urls", WEB),
    ("t/<slug:tenant>/", "authsvc.branding.urls", WEB),
    ("t/<slug:tenant>/", "authsvc.oidc.urls", WEB),
    ("t/<slug:tenant>/", "authsvc.capture.urls", WEB),
    ("t/<slug:tenant>/liveness/", "authsvc.liveness.urls", WEB),
    ("t/<slug:tenant>/", "authsvc.enrolment.urls", WEB),
    ("t/<slug:tenant>/join/", "authsvc.self_enrolment.urls", WEB),
    ("t/<slug:tenant>/me/", "authsvc.person.urls", WEB),
    ("", "portal.urls", PORTAL),
    ("account/", "portal.accounts.urls", PORTAL),
)

# Packages whose `tasks` module a Celery process loads.
TASKS: Final[tuple[Row, ...]] = (
    ("authsvc.audit", PROVIDER),
    ("authsvc.biometrics", WORKER),
    ("authsvc.oidc", PROVIDER),
    ("authsvc.capture", PROVIDER),
    ("authsvc.delivery", PROVIDER),
    ("authsvc.management", PROVIDER),
    ("portal.people", PORTAL),
)


def apps(roles: Sequence[Role]) -> list[str]:
    """Return the applications of a process that plays these roles; without any, all of them."""
    return _rows(APPS, roles or ROLES)


def middleware(roles: Sequence[Role]) -> list[str]:
    """Return the middleware of a process that plays these roles; without any, all of it."""
    return _rows(MIDDLEWARE, roles or ROLES)


def context_processors(roles: Sequence[Role]) -> list[str]:
    """Return what fills the templates of a process that plays these roles; without any, all of it."""
    return _rows(CONTEXT_PROCESSORS, roles or ROLES)


def routes(roles: Sequence[Role]) -> list[tuple[str, str]]:
    """Return prefix and module of each group of routes; without a role, all of them."""
    return [(prefix, module) for prefix, module, whose in ROUTES if set(whose) & set(roles or ROLES)]


def task_packages(roles: Sequence[Role]) -> list[str]:
    """Return the packages whose tasks the process takes; without a role, none."""
    return _rows(TASKS, roles)


def _rows(table: Sequence[Row], roles: Sequence[Role]) -> list[str]:
    return [name for name, whose in table if set(whose) & set(roles)]
