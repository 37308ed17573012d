"""The short way to endpoints that programs call: past what the site asks before it shows a page.

Such a view looks at no cookie, shows no page and chooses no language: who calls it proves that in the
request, or reads what is public. Which these are stands in the tables of routes, by `short_way`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from authsvc.core.caching import never_stored
from authsvc.core.remembered import Remembered
from authsvc.tenancy.directory import find_tenant
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.paths import tenant_path
from authsvc.tenancy.scope import tenant_scope
from authsvc.tenancy.suspension import is_refused

Answer = Callable[[HttpRequest], HttpResponse]
Place = tuple[str, str]
_WITHOUT_LENGTH = frozenset({204, 304})


class ShortWayPattern(URLPattern):
    """A route whose requests take the short way."""


def short_way(*routes: URLPattern) -> list[URLPattern]:
    """Return the routes, marked to be reached by the short way; they may name a tenant and nothing else."""
    return [ShortWayPattern(each.pattern, each.callback, each.default_args, each.name) for each in routes]


def known_host(answer: Answer) -> Answer:
    """Refuse a request to a host that is not ours; DisallowedHost is answered 400.

    Looking takes a tenth of the time of a document, so a host that was ours is taken for ours for a while.
    """
    ours: Remembered[str, str] = Remembered(seconds=10, capacity=100)

    def step(request: HttpRequest) -> HttpResponse:
        ours.get_or_make(request.META.get("HTTP_HOST", ""), request.get_host)
        return answer(request)

    return step


def in_tenants_scope(answer: Answer) -> Answer:
    """Let the view run for the request's tenant."""

    def step(request: Any) -> HttpResponse:
        with tenant_scope(request.tenant.id):
            return answer(request)

    return step


def sized(answer: Answer) -> Answer:
    """Say how long the answer is, so that the connection can stay open."""

    def step(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if response.status_code not in _WITHOUT_LENGTH:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    return step


# What holds on the short way, from the outside in. Before it stands, for every request, what the settings
# name first: SecurityMiddleware, with HTTPS, HSTS, nosniff and the referrer policy.
STEPS: tuple[Callable[[Answer], Answer], ...] = (known_host, never_stored, sized, in_tenants_scope)


class ShortWay:
    """Answers what is marked in the tables of routes; every other request takes the usual way.

    So does one to a tenant that there is not, that is suspended, or that lives at another host. Not used in
    a process that has no such route.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.routes = short_routes()
        if not self.routes:
            raise MiddlewareNotUsed("no route of this process is marked")

    def __call__(self, request: Any) -> HttpResponse:
        """Handle the request."""
        found = tenant_path(request.path_info)
        answer = self.routes.get((found[0], found[2])) if found else None
        if found is None or answer is None or getattr(request, "astray", None) is not None:
            return self.get_response(request)
        try:
            request.tenant = find_tenant(found[1])
        except Tenant.DoesNotExist:
            return self.get_response(request)
        if is_refused(request.tenant, found[0], found[2]):
            return self.get_response(request)
        request.short_route = f"{found[0]}<slug:tenant>{found[2]}".removeprefix("/")
        return answer(request)


def short_routes() -> dict[Place, Answer]:
    """Return the marked views, with their steps, by what stands before and after the tenant's slug."""
    marked = _walk(get_resolver().url_patterns, "/")
    return {_place(text): _with_steps(entry.callback) for text, entry in marked}


def _walk(entries: Iterable[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, ShortWayPattern]]:
    for entry in entries:
        text = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _walk(entry.url_patterns, text)
        elif isinstance(entry, ShortWayPattern):
            yield text, entry


def _place(text: str) -> Place:
    before, slug, after = text.partition("<slug:tenant>")
    if not slug or "<" in before + after:
        raise ImproperlyConfigured(f"{text} cannot take the short way: it has to name a tenant and no more")
    return before, after


def _with_steps(view: Callable[..., HttpResponse]) -> Answer:
    def called(request: Any) -> HttpResponse:
        return view(request, tenant=request.tenant.slug)

    answer: Answer = called
    for step in reversed(STEPS):
        answer = step(answer)
    return answer
