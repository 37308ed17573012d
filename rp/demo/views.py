"""The pages of the credit union."""

import time

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from mozilla_django_oidc.utils import import_from_settings

from rp.client.assurance import Wanted
from rp.client.decorators import require_assurance, require_assurance_or_401, step_up_url
from rp.client.sessions import claims_of
from rp.demo.proven import proven

MEMBER = "urn:visor:L2"
PAYMENT_SECONDS = 60
STATEMENT_SECONDS = 300
ROWS = (
    {"date": "2026-03-02", "text": "Opening balance", "amount": "1,250.00"},
    {"date": "2026-03-09", "text": "Savings transfer", "amount": "-200.00"},
    {"date": "2026-03-15", "text": "Member dividend", "amount": "18.40"},
)
BALANCE = "1,068.40"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the front page to anyone."""
    return render(request, "home.html", {"votes": import_from_settings("LIVENESS") is not None})


@require_safe
@require_assurance(MEMBER)
def members(request: HttpRequest) -> HttpResponseBase:
    """Show the account to a member who proved two factors."""
    context = {"rows": ROWS, "balance": BALANCE, "proven": proven(claims_of(request), now=time.time())}
    return render(request, "members.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_assurance(MEMBER, max_age=PAYMENT_SECONDS)
def payment(request: HttpRequest) -> HttpResponseBase:
    """Let a member approve a payment within a minute of proving who they are."""
    if request.method == "POST":
        request.session["payment_approved"] = True
        return redirect("payment")
    context = {
        "approved": request.session.pop("payment_approved", False),
        "limit": PAYMENT_SECONDS,
        "proven": proven(claims_of(request), now=time.time()),
    }
    return render(request, "payment.html", context)


@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    """Show the page that fetches the statement and steps up where the interface asks for it."""
    return render(
        request, "statement.html", {"step_up": step_up_url(Wanted(MEMBER, STATEMENT_SECONDS), "/statement")}
    )


@require_GET
@require_assurance_or_401(MEMBER, max_age=STATEMENT_SECONDS)
def statement_data(request: HttpRequest) -> HttpResponseBase:
    """Return the statement as JSON, or 401 with what to prove first."""
    return JsonResponse({"balance": BALANCE, "rows": list(ROWS)})


@require_GET
@never_cache
def whoami(request: HttpRequest) -> JsonResponse:
    """Return the ID token claims of the current session, or 401."""
    claims = claims_of(request)
    if not claims:
        return JsonResponse({"error": "not signed in"}, status=401)
    return JsonResponse(claims)


@require_safe
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask before signing out; the form posts to the client."""
    return render(request, "sign_out.html")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process and its database work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
