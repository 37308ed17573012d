"""Screens of the audit log."""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.audit.contents import newest_checkpoint
from authsvc.audit.models import AuditEvent
from authsvc.audit.proofs import NotInTheLog, receipt
from authsvc.audit.sequencing import origin_of
from authsvc.audit.writers import verifier
from authsvc.core.clock import now
from authsvc.management import checks as log_checks
from authsvc.management import log
from authsvc.management.events import listed, told
from authsvc.management.exports import note_export
from authsvc.management.models import Approval
from authsvc.management.permissions import Permission
from authsvc.tenancy.scope import tenant_scope
from portal.accounts.requests import PortalRequest
from portal.auditlog.days import tally_of
from portal.auditlog.forms import COLUMNS, AuditFilter, ExportForm
from portal.ui.forms import sent
from portal.ui.listing import is_taken_away, shown, taken_away
from portal.ui.saved import saved_in

_KINDS: Final = {"csv": ("text/csv; charset=utf-8", "csv")}
_LINES: Final = ("application/x-ndjson", "ndjson")
_PIECE: Final = 64 * 1024


@require_GET
def audit_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """List events, the newest first, with how many there were on each of the last days.

    As a table it gives the page that is shown: to take more of the log away takes two (management/log.py).
    """
    form = AuditFilter(request.GET)
    if is_taken_away(request):
        _require_export(request)
    if is_taken_away(request):
        lines = told(shown(request, form).rows)
        note_export(actor=request.member, what="audit", rows=len(lines), filters=form.wanted)
        return taken_away("audit", COLUMNS, lines)
    # Who searches by name waits for the search once: the days would take it again.
    tally = None if form.searches else tally_of(form)
    page = shown(request, form, count=None if tally is None else tally.count)
    context = {
        "page": page,
        "lines": told(page.rows),
        "form": form,
        "newest": None if form.is_filtered else newest_checkpoint(),
        "tally": tally,
        "saved": saved_in(request.member.name, "audit", form),
    }
    return render(request, "portal/audit/list.html", context)


@require_GET
def audit_event(request: PortalRequest, tenant: str, event: int) -> HttpResponse:
    """Explain one event: what happened, by whom, about whom, and how the log vouches for it.

    With `as=proof` it gives that to take along; with `open=1` also what the event says of people.
    """
    row = get_object_or_404(listed(AuditEvent.objects.all()), pk=event)
    if request.GET.get("as") == "proof":
        return _proof(request, row)
    [line] = told([row])
    key = verifier(origin_of(request.tenant.pk))
    return render(request, "portal/audit/detail.html", {"line": line, "event": row, "key": key})


def _proof(request: PortalRequest, row: AuditEvent) -> HttpResponse:
    opened = request.GET.get("open") == "1"
    if opened:
        _require_export(request)
    try:
        said = receipt(row, opened=opened)
    except NotInTheLog:
        messages.info(request, _("The log has not taken it in yet. Try again in a few seconds."))
        return redirect("audit-event", tenant=request.tenant.slug, event=row.pk)
    if opened:
        note_export(actor=request.member, what="proof", rows=1, filters=())
    text = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="proof-{said["index"] + 1}.json"'
    return answer


@require_GET
def checks(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show the check of the log that goes on, or what the last one found, and those before."""
    rows = [(row, log_checks.found_by(row)) for row in log_checks.newest()]
    newest, found = rows[0] if rows else (None, None)
    context = {
        "rows": rows,
        "newest": newest,
        "found": found,
        "signing": newest is not None and log_checks.is_awaited(newest, found),
        "goes_on": newest is not None and newest.ended_at is None,
    }
    return render(request, "portal/audit/checks.html", context)


@require_POST
def start_check(request: PortalRequest, tenant: str) -> HttpResponse:
    """Have the log checked."""
    log_checks.start(by=request.member)
    return redirect("audit-checks", tenant=tenant)


@require_http_methods(["GET", "POST"])
def export(request: PortalRequest, tenant: str) -> HttpResponseBase:
    """Ask for an export; where nobody else has to agree, as in a sandbox, give it at once."""
    form = ExportForm(sent(request))
    if request.method == "POST" and form.is_valid():
        log.allow_export(by=request.member, **form.wanted)
        return _given(request, log.export(**form.wanted, actor=request.member.name), form.wanted["form"])
    context = {"form": form, "ready": log.ready_for(request.member)}
    return render(request, "portal/audit/export.html", context, status=422 if form.errors else 200)


@require_POST
def take_export(request: PortalRequest, tenant: str, approval: str) -> HttpResponseBase:
    """Give an export that was agreed to, once, to whoever asked for it."""
    row = get_object_or_404(Approval.objects, pk=approval)
    try:
        lines = log.take_export(by=request.member, approval=row)
    except log.NotAllowed as problem:
        messages.error(request, str(problem.person))
        return redirect("audit-export", tenant=tenant)
    return _given(request, lines, row.arguments["form"])


def _given(request: PortalRequest, lines: Iterable[str], form: str) -> StreamingHttpResponse:
    content_type, ending = _KINDS.get(form, _LINES)
    answer = StreamingHttpResponse(_in_pieces(request, lines), content_type=content_type)
    name = f"audit-{request.tenant.slug}-{now():%Y-%m-%d}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _in_pieces(request: PortalRequest, lines: Iterable[str]) -> Iterator[bytes]:
    """Yield lines some at a time; they are read when the request's own scope has ended."""
    with tenant_scope(request.tenant.pk):
        piece = bytearray()
        for line in lines:
            piece += line.encode()
            if len(piece) >= _PIECE:
                yield bytes(piece)
                piece.clear()
        yield bytes(piece)


def _require_export(request: PortalRequest) -> None:
    if Permission.EXPORT_LOG not in request.may:
        raise PermissionDenied("this role takes nothing of the log away")
