"""What an administrator does to a person: change what is known, suspend and let in again, erase."""

from typing import Any, Final

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.management import people
from authsvc.management.erasures import Erasure, as_document, erasure_of
from authsvc.subjects.amending import as_wanted
from authsvc.subjects.models import Subject
from portal.accounts.requests import PortalRequest
from portal.people.forms import SUSPENDED_FOR, ChangeForm
from portal.ui.forms import as_it_was_seen, sent

_TAKEN: Final = _("Another person has this number.")


@require_http_methods(["GET", "POST"])
def person_edit(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Change name, number, address and further claims of a person."""
    row = as_wanted(_open(subject))
    known = {name: row.claims.get(name, "") for name in ("email", *people.CLAIMS)}
    initial = {**known, "name": row.name, "external_id": row.external_id}
    form = ChangeForm(sent(request), initial=initial)
    seen = as_it_was_seen(request, form)
    if form.is_valid():
        given = {name: form.cleaned_data[name] for name in ("name", "external_id", "email")}
        claims = {name: form.cleaned_data[name] for name in people.CLAIMS}
        try:
            with transaction.atomic():
                at_once = people.change(by=request.member, subject=row, claims=claims, **given)
        except IntegrityError:
            form.add_error("external_id", _TAKEN)
        else:
            later = _("Saved. It takes effect within seconds.")
            messages.success(request, _("Saved.") if at_once else later)
            return redirect("person", tenant=tenant, subject=subject)
    context = {"form": form, "person": row, "seen": seen}
    return render(request, "portal/people/edit.html", context, status=422 if form.errors else 200)


@require_POST
def person_suspend(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Let a person sign in no more for the time being; everything stays."""
    row = _open(subject)
    why = request.POST.get("why", "")
    if why not in SUSPENDED_FOR:
        messages.error(request, _("Say why, so that whoever looks later knows."))
    elif people.suspend(by=request.member, subject=row, why=why):
        messages.success(request, _("%(name)s is signed out everywhere, and cannot sign in.") % {"name": row})
    return redirect("person", tenant=tenant, subject=subject)


@require_POST
def person_resume(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Let a person who was suspended sign in again."""
    row = _open(subject)
    if people.resume(by=request.member, subject=row):
        messages.success(request, _("%(name)s may sign in again.") % {"name": row})
    return redirect("person", tenant=tenant, subject=subject)


@require_POST
def person_close(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Erase a person, and lead to the receipt."""
    people.close(by=request.member, subject=get_object_or_404(Subject.objects, pk=subject))
    return redirect("person-erasure", tenant=tenant, subject=subject)


@require_GET
def person_erasure(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Show the receipt of a person's erasure, or give it as text or as JSON to hand over."""
    row = get_object_or_404(Subject.objects.unchecked(), pk=subject)
    found, form = erasure_of(row), request.GET.get("as", "")
    if found is None:
        return render(request, "portal/people/not_erased.html", {"person": row})
    if form == "json":
        return _named(JsonResponse(as_document(found, tenant=request.tenant)), found, "json")
    context: dict[str, Any] = {"erasure": found, "tenant": request.tenant}
    if form == "text":
        text = render_to_string("portal/people/erasure.txt", context)
        return _named(HttpResponse(text, content_type="text/plain; charset=utf-8"), found, "txt")
    return render(request, "portal/people/erasure.html", context)


def _named(answer: HttpResponse, erasure: Erasure, ending: str) -> HttpResponse:
    name = f"erasure-{erasure.number or erasure.subject}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _open(subject: str) -> Subject:
    """Return a person who was not erased; raises Http404."""
    row = get_object_or_404(Subject.objects, pk=subject)
    if row.status == Subject.Status.CLOSED:
        raise Http404
    return row
