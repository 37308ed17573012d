"""Screens of the platform."""

from datetime import timedelta
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.core.clock import now
from authsvc.management import health, tenants
from authsvc.management.organisation import SettingRefused
from authsvc.management.overview import COUNTED
from authsvc.oidc.wire.addresses import issuer_of
from authsvc.tenancy.models import Tenant
from portal.accounts.requests import PlatformRequest
from portal.accounts.services import found_organisation
from portal.platform.forms import QuotaForm, TenantForm
from portal.ui.forms import sent

SENT_TWICE: Final = timedelta(minutes=1)
_SHOWN: Final = 500


@require_GET
def overview(request: PlatformRequest) -> HttpResponse:
    """Show whether everything keeps up, and the organisations by name."""
    wanted = request.GET.get("q", "").strip()[:120]
    rows = Tenant.objects.filter(name__icontains=wanted) | Tenant.objects.filter(slug__icontains=wanted)
    lines = health.lines(now())
    context = {
        "lines": lines,
        "worst": health.worst(lines),
        "versions": health.versions(),
        "wanted": wanted,
        "tenants": rows.order_by("name", "slug")[:_SHOWN],
        "many": rows.count(),
        "shown": _SHOWN,
    }
    return render(request, "portal/platform/overview.html", context)


@require_http_methods(["GET", "POST"])
def create(request: PlatformRequest) -> HttpResponse:
    """Create an organisation, and invite its first owner."""
    form = TenantForm(sent(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        before = Tenant.objects.filter(slug=given["slug"], created_at__gt=now() - SENT_TWICE).first()
        if before is not None and before.name == given["name"]:
            return redirect("platform-tenant", slug=before.slug)  # the same form, sent twice
        try:
            made = found_organisation(by=request.operator, **given)
        except SettingRefused as problem:
            form.add_error(problem.field, str(problem.person))
        except OSError:
            form.add_error(None, _("The mail could not be sent, so nothing was made. Try again later."))
        else:
            text = _("%(name)s is made, and an invitation is on its way to %(owner)s.")
            messages.success(request, text % {"name": made.name, "owner": given["owner"]})
            return redirect("platform-tenant", slug=made.slug)
    status = 422 if form.errors else 200
    return render(request, "portal/platform/create.html", {"form": form}, status=status)


@require_GET
def detail(request: PlatformRequest, slug: str) -> HttpResponse:
    """Show one organisation, and what can be done about it."""
    row = get_object_or_404(Tenant, slug=slug)
    return _show(
        request, row, QuotaForm(initial={name: getattr(row, name) for name in QuotaForm.base_fields})
    )


def _show(request: PlatformRequest, row: Tenant, form: QuotaForm) -> HttpResponse:
    context = {
        "row": row,
        "issuer": issuer_of(row),
        "form": form,
        "size": tenants.size_of(row),
        "counted": COUNTED,
    }
    return render(request, "portal/platform/detail.html", context, status=422 if form.errors else 200)


@require_POST
def quotas(request: PlatformRequest, slug: str) -> HttpResponse:
    """Set how many people and relying parties it may have."""
    row = get_object_or_404(Tenant, slug=slug)
    form = QuotaForm(request.POST)
    if not form.is_valid():
        return _show(request, row, form)
    if tenants.bound(by=request.operator, tenant=row, **form.cleaned_data):
        messages.success(request, _("The quotas are set. What is there beyond them stays."))
    return redirect("platform-tenant", slug=slug)


@require_POST
def suspend(request: PlatformRequest, slug: str) -> HttpResponse:
    """Let nobody sign in there."""
    if tenants.suspend(by=request.operator, tenant=get_object_or_404(Tenant, slug=slug)):
        messages.success(
            request, _("Nobody signs in there any more, within ten seconds. Everything is kept.")
        )
    return redirect("platform-tenant", slug=slug)


@require_POST
def resume(request: PlatformRequest, slug: str) -> HttpResponse:
    """Let people sign in again."""
    if tenants.resume(by=request.operator, tenant=get_object_or_404(Tenant, slug=slug)):
        messages.success(request, _("People sign in there again, within ten seconds."))
    return redirect("platform-tenant", slug=slug)
