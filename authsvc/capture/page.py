"""The agent's page, and the service worker that makes it installable."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from authsvc.biometrics.challenges import FRAMES
from authsvc.capture.browser import browser_key
from authsvc.capture.ceremonies import own_passkeys
from authsvc.capture.endpoints import record_refusal
from authsvc.capture.flow import face_demanded
from authsvc.capture.problems import PROBLEMS
from authsvc.capture.texts import page_texts
from authsvc.capture.ways import start_page, ways_from
from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.face import ALTERNATIVE, prefers_face
from authsvc.core.errors import Refused
from authsvc.core.texts import Text
from authsvc.privacy.notice import current_notice
from authsvc.tenancy.middleware import TenantRequest
from authsvc.tenancy.paths import tenant_address
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import EnrolmentRequest, SignInRequest
from authsvc.transactions.services import Party, find_live, own_transaction

AGENT_BUILD = "page-1"

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
            return protect(view(request, *args, **kwargs))
        except Refused as refused:
            return protect(_refusal(request, refused, str(kwargs.get("txn", ""))))

    return guarded


def _refusal(request: TenantRequest, refused: Refused, transaction: str) -> HttpResponse:
    number = record_refusal(request, refused, transaction=transaction)
    ways = ways_from(request, own_transaction(transaction, browser_key(request, transaction)))
    context = {"refused": refused, "number": number, "tenant": request.tenant, "ways": ways}
    return render(request, "capture/refusal.html", context, status=refused.status)


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
    transaction = find_live(txn, key, party=Party.AGENT)
    return render(request, "capture/page.html", _context(transaction))


def over_page(request: HttpRequest, own: Transaction) -> HttpResponse:
    """Return what is said at a transaction that has ended, to the browser whose it was."""
    return render(request, "capture/over.html", {"transaction": own, "tenant": own.tenant})


def steps_of(transaction: Transaction) -> list[Text]:
    """Return the steps of an enrolment, by the person's choice; other transactions show none."""
    if transaction.kind != Transaction.Kind.ENROL:
        return []
    face = EnrolmentRequest.from_json(transaction.request).face
    return [_("Agree"), _("Passkey"), *([_("Face")] if face else [])]


def _client_host(redirect_uri: str) -> str:
    parts = urlsplit(redirect_uri)
    # An app may return by a scheme of its own.
    return parts.netloc or parts.scheme


def _context(transaction: Transaction) -> dict[str, object]:
    slug, client = transaction.tenant.slug, transaction.client
    notice = current_notice(transaction.tenant)
    asked = SignInRequest.from_json(transaction.request)
    return {
        "transaction": transaction,
        "tenant": transaction.tenant,
        "client": client,
        "asking": client.name if client else transaction.tenant.name,
        "approval": asked if asked.backchannel else None,
        "demanded": face_demanded(transaction),
        "preferred": client is not None and prefers_face(client),
        "alternative": ALTERNATIVE.of(client) if client else "",
        "goes_without": transaction.kind not in Transaction.FACE_ONLY,
        "has_passkey": transaction.device is None and bool(own_passkeys(transaction)),
        "own_page": next((way.href for way in start_page(transaction.tenant)), ""),
        "steps": steps_of(transaction),
        "problems": PROBLEMS,
        "notice": notice.content,
        "least_age": notice.least_age,
        "client_host": _client_host(asked.redirect_uri),
        "config": {
            "api": reverse("capture:agent", kwargs={"tenant": slug, "txn": transaction.id}),
            "worker": reverse("capture:worker", kwargs={"tenant": slug}),
            "jose": static("vendor/jose/index.js"),
            "tracker": {
                "slow_ms": SLOW_MS,
                "entry": reverse("capture:tracker", kwargs={"tenant": slug}),
                **{name: static(file) for name, file in _TRACKING.items()},
            },
            "build": AGENT_BUILD,
            "leave": transaction.continue_path,
            "kind": transaction.kind,
            "demanded": face_demanded(transaction),
            "txn": transaction.id,
            "notice": notice.version,
            "frames": FRAMES,
            "begin": _beginning(transaction, asked),
            "texts": page_texts(),
        },
    }


def _beginning(transaction: Transaction, asked: SignInRequest) -> str:
    """Return where a person begins anew in another browser; empty for an enrolment, whose link they have.

    The transaction itself is this browser's alone.
    """
    if transaction.kind == Transaction.Kind.ENROL:
        return ""
    if transaction.kind == Transaction.Kind.AUTHENTICATE and not asked.backchannel:
        return _site(transaction.client, asked)
    if transaction.kind == Transaction.Kind.RECOVER:
        # The code is used up: with another one.
        return f"{tenant_address(transaction.tenant)}me/lost"
    place = _PLACES.get(transaction.kind, "oidc:waiting" if asked.backchannel else "enrolment:passkeys")
    return settings.BASE_URL + reverse(place, kwargs={"tenant": transaction.tenant.slug})


def _site(client: RelyingParty | None, asked: SignInRequest) -> str:
    """Return the relying party's own address."""
    where = urlsplit(asked.redirect_uri)
    named = client.client_uri if client else ""
    return named or (f"{where.scheme}://{where.netloc}/" if where.scheme in {"http", "https"} else "")


@require_GET
def service_worker(request: HttpRequest, tenant: str) -> HttpResponse:
    """Give the service worker from the tenant's own path, which is the scope that it may have."""
    return _script("js/capture/worker.js")


def _script(file: str) -> HttpResponse:
    path = finders.find(file)
    assert isinstance(path, str)
    return HttpResponse(Path(path).read_bytes(), content_type="text/javascript")


@require_GET
def tracker(request: HttpRequest, tenant: str) -> HttpResponse:
    """Give the worker that follows a face: the one place where a policy lets WebAssembly run.

    A worker has the policy that came with its own script, whatever its page's is (CSP 3 section 4.2.2).
    """
    response: Any = _script("js/capture/tracking/entry.js")
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
