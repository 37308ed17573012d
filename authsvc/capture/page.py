"""The agent's page, and the service worker that makes it installable."""

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from authsvc.biometrics.challenges import FRAMES
from authsvc.biometrics.records.page import NETWORK, page_engine
from authsvc.capture.browser import browser_key
from authsvc.capture.builds import script_addresses
from authsvc.capture.ceremonies import own_passkeys
from authsvc.capture.endpoints import record_refusal
from authsvc.capture.flow import face_demanded, handoff_digits_for
from authsvc.capture.screens import screens_of
from authsvc.capture.texts import page_texts
from authsvc.capture.ways import Way, start_page, ways_from
from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.face import prefers_face
from authsvc.clients.settings.justification import ALTERNATIVE
from authsvc.clients.settings.presence import prefers_presence
from authsvc.core.addresses import address_of
from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.hosts.places import place_of, tenant_address
from authsvc.limits.register import PAGES
from authsvc.privacy.notice import Purpose, current_notice
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.models import Tenant
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import EnrolmentRequest, SignInRequest
from authsvc.transactions.services import (
    Party,
    find_live,
    holder_of,
    noticed_model,
    own_transaction,
    pages_may_compare,
)

# Where a person begins anew, by kind; every other place depends on who asked.
_PLACES = {Transaction.Kind.RENEW.value: "enrolment:moments"}

_TRACKING: Final = {
    "script": "js/capture/tracking/worker.js",
    "runtime": "vendor/tracking/ort.js",
    "wasm": "vendor/tracking/ort.wasm",
    "detection": "vendor/tracking/blazeface.onnx",
    "landmarks": "vendor/tracking/facemesh.onnx",
}
"""What the worker loads that follows the face, by the names that it knows."""
_COMPARING: Final = {**_TRACKING, "script": "js/capture/comparing/worker.js", "network": NETWORK}
"""The same of the worker that describes faces, where a page is to compare."""
SLOW_MS = 150
"""Milliseconds: a device that takes longer over a picture is left alone, and each cue lasts its time."""

_PERMISSIONS = (
    "camera=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), "
    "microphone=(), geolocation=(), display-capture=(), usb=(), payment=()"
)


def refusals_as_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let a view raise Refused: it is recorded, and shown as a calm page that has a way on."""

    @functools.wraps(view)
    def guarded(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            PAGES.spend(address_of(request))
            return protect(view(request, *args, **kwargs))
        except Refused as refused:
            return protect(_refusal(request, refused, str(kwargs.get("txn", ""))))

    return guarded


def _refusal(request: TenantRequest, refused: Refused, transaction: str) -> HttpResponse:
    number = record_refusal(request, refused, transaction=transaction)
    ways = ways_from(request, own_transaction(transaction, browser_key(request, transaction)))
    return refusal_page(request, refused, number=number, ways=ways)


def refusal_page(
    request: TenantRequest, refused: Refused, *, number: str, ways: Sequence[Way]
) -> HttpResponse:
    """Return the calm page of a refusal, with its receipt number and the ways on from it."""
    context = {"refused": refused, "number": number, "tenant": request.tenant, "ways": ways}
    response = render(request, "capture/refusal.html", context, status=refused.status)
    if refused.retry_after is not None:
        response["Retry-After"] = str(refused.retry_after)
    return response


def protect(response: HttpResponse) -> HttpResponse:
    """Set what every page with a camera, a passkey or a secret link needs; frames are refused by the CSP."""
    response["Permissions-Policy"] = _PERMISSIONS
    response["Referrer-Policy"] = "same-origin"
    return response


@require_GET
@refusals_as_page
def page(request: TenantRequest, tenant: str, txn: str) -> HttpResponse:
    """Show the agent's page of a transaction, or, to the browser whose it was, that it is over."""
    key = browser_key(request, txn)
    own = own_transaction(txn, key)
    if own is not None and own.state in Transaction.ENDED:
        return over_page(request, own)
    if own is not None and own.handed_over:
        return HttpResponseRedirect(reverse("capture:desk", kwargs={"tenant": tenant, "txn": txn}))
    carried = own_transaction(txn, key, party=Party.AGENT) if own is None else None
    if carried is not None and carried.state in Transaction.ENDED:
        return HttpResponseRedirect(carried.agents_way_on)
    transaction = find_live(txn, key, party=Party.AGENT, known=own or carried)
    return render(request, "capture/page.html", page_context(transaction))


def over_page(request: HttpRequest, own: Transaction) -> HttpResponse:
    """Return what is said at a transaction that has ended, to the browser whose it was."""
    return render(request, "capture/over.html", {"transaction": own, "tenant": own.tenant})


def steps_of(transaction: Transaction) -> list[Text]:
    """Return the steps of an enrolment, by the person's choice; other transactions show none."""
    if transaction.kind != Transaction.Kind.ENROL:
        return []
    face = EnrolmentRequest.from_json(transaction.request).face
    return [_("Agree"), _("Passkey"), *([_("Face")] if face else [])]


def client_host(redirect_uri: str) -> str:
    """Return the host that a person is sent back to, or the scheme of an app; "" where there is none."""
    parts = urlsplit(redirect_uri)
    # An app may return by a scheme of its own.
    return parts.netloc or parts.scheme


def page_context(transaction: Transaction, *, embedded: Sequence[str] = ()) -> dict[str, object]:
    """Return what the page of a transaction is made of.

    `embedded` are the origins of the pages that may show it within theirs, in a session of liveness.
    """
    slug, client = transaction.tenant.slug, transaction.client
    notice = current_notice(transaction.tenant, noticed_model(transaction))
    asked = SignInRequest.from_json(transaction.request)
    context: dict[str, object] = {
        "transaction": transaction,
        "tenant": transaction.tenant,
        "client": client,
        "asking": client.name if client else transaction.tenant.name,
        "approval": asked if asked.backchannel else None,
        "demanded": face_demanded(transaction),
        "preferred": client is not None and (prefers_face(client) or prefers_presence(client)),
        "alternative": ALTERNATIVE.of(client) if client else "",
        "goes_without": transaction.kind not in Transaction.FACE_ONLY,
        "has_passkey": transaction.device is None and bool(own_passkeys(transaction)),
        "handoff": handoff_digits_for(transaction) > 0,
        "own_page": next((way.href for way in start_page(transaction.tenant)), ""),
        "steps": steps_of(transaction),
        "notice": notice.content,
        "presence": notice.purpose == Purpose.PRESENCE,
        "least_age": notice.least_age,
        "client_host": client_host(asked.redirect_uri),
        "config": {
            "api": reverse("capture:agent", kwargs={"tenant": slug, "txn": transaction.id}),
            "worker": reverse("capture:worker", kwargs={"tenant": slug}),
            "jose": _file("vendor/jose/index.js"),
            "tracker": {
                "slow_ms": SLOW_MS,
                "entry": reverse("capture:tracker", kwargs={"tenant": slug}),
                **{name: _file(file) for name, file in _TRACKING.items()},
            },
            "comparer": _comparer(transaction.tenant),
            "scripts": script_addresses(),
            "leave": transaction.agents_way_on,
            "kind": transaction.kind,
            "demanded": face_demanded(transaction),
            "txn": transaction.id,
            "embedded": list(embedded),
            "holder": holder_of(transaction) or "",
            "notice": notice.version,
            "frames": FRAMES,
            "begin": _beginning(transaction, asked),
            "texts": page_texts(),
        },
    }
    return {**context, "screens": screens_of(transaction, context, version=notice.version)}


@functools.cache
def _file(name: str) -> str:
    """Return the address of a file of the page, of few; to find it out takes 40 calls."""
    return static(name)


def _comparer(tenant: Tenant) -> dict[str, object] | None:
    """Return by what a page compares, where it may have to; it loads none of it before it has."""
    if not pages_may_compare(tenant):
        return None
    entry = reverse("capture:comparer", kwargs={"tenant": tenant.slug})
    files = {"entry": entry, **{name: _file(file) for name, file in _COMPARING.items()}}
    return {"engine": page_engine(), "files": files}


def _beginning(transaction: Transaction, asked: SignInRequest) -> str:
    """Return where a person begins anew in another browser; empty for an enrolment, whose link they have.

    So it is for a session of liveness, which the site's own page opens. The transaction itself is this
    browser's alone.
    """
    if transaction.kind in {Transaction.Kind.ENROL, Transaction.Kind.LIVENESS}:
        return ""
    if transaction.kind == Transaction.Kind.AUTHENTICATE and not asked.backchannel:
        return _site(transaction.client, asked)
    if transaction.kind == Transaction.Kind.RECOVER:
        # The code is used up: with another one.
        return f"{tenant_address(transaction.tenant)}me/lost"
    place = _PLACES.get(transaction.kind, "oidc:waiting" if asked.backchannel else "enrolment:passkeys")
    return place_of(transaction.tenant_id).origin + reverse(place, kwargs={"tenant": transaction.tenant.slug})


def _site(client: RelyingParty | None, asked: SignInRequest) -> str:
    """Return the relying party's own address."""
    where = urlsplit(asked.redirect_uri)
    named = client.client_uri if client else ""
    return named or (f"{where.scheme}://{where.netloc}/" if where.scheme in {"http", "https"} else "")


@require_GET
def service_worker(request: HttpRequest, tenant: str) -> HttpResponse:
    """Give the service worker from the tenant's own path, which is the scope that it may have."""
    return script("js/capture/worker.js")


def script(file: str) -> HttpResponse:
    """Return one of our scripts as it is, from another address than where such files lie."""
    path = finders.find(file)
    assert isinstance(path, str)
    return HttpResponse(Path(path).read_bytes(), content_type="text/javascript")


@require_GET
def tracker(request: HttpRequest, tenant: str) -> HttpResponse:
    """Give the worker that follows a face."""
    return _with_webassembly()


@require_GET
def comparer(request: TenantRequest, tenant: str) -> HttpResponse:
    """Give the worker that describes a face, where a page may have to compare one; raises Http404."""
    if not pages_may_compare(request.tenant):
        raise Http404("no page compares faces here")
    return _with_webassembly()


def _with_webassembly() -> HttpResponse:
    """Return the script with which workers begin: a policy lets WebAssembly run in these two, nowhere else.

    A worker has the policy that came with its own script, whatever its page's is (CSP 3 section 4.2.2).
    """
    response: Any = script("js/capture/tracking/entry.js")
    response._csp_update = {"script-src": ["'wasm-unsafe-eval'"]}
    return cast(HttpResponse, response)


@require_GET
def manifest(request: TenantRequest, tenant: str) -> HttpResponse:
    """Give the web app manifest: what a phone shows when the page is put on its home screen."""
    home = reverse("enrolment:passkeys", kwargs={"tenant": tenant})
    content = {
        "name": _("%(tenant)s sign-in") % {"tenant": request.tenant.name},
        "short_name": request.tenant.name[:12],
        "start_url": home,
        "scope": home.removesuffix("passkeys/"),
        "display": "standalone",
        "background_color": "#f4f5f8",
        "theme_color": "#0e1c33",
        "icons": [{"src": static("img/visor.svg"), "sizes": "any", "type": "image/svg+xml"}],
    }
    return JsonResponse(content, content_type="application/manifest+json")
