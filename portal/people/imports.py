"""Screens of people from a table: send one, look at each line, let them be entered, and take the links."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.enrolment.models import ImportLine, PeopleImport
from authsvc.enrolment.tables import GUESSED, LONGEST, PROBLEMS, NotATable
from authsvc.management import importing
from authsvc.reach.wishes import mail_goes_out
from authsvc.tenancy.quotas import QuotaReached
from portal.accounts.requests import PortalRequest
from portal.people import tasks
from portal.ui.forms import sent
from portal.ui.listing import Column, taken_away
from portal.ui.paging import page_of

_TONES: Final = {
    PeopleImport.State.CHECKED: "info",
    PeopleImport.State.RUNNING: "info",
    PeopleImport.State.DONE: "good",
    PeopleImport.State.STOPPED: "warn",
}
_OUTCOME_TONES: Final = {"new": "info", "there": "", "wrong": "bad"}
_WHY_STOPPED: Final = {
    "asked": _("An administrator stopped it."),
    "mail": _("Several mails in a row could not be sent. Look at the mail server, and send the table again."),
    "altered": _("Its lines are not those that were shown: they were changed in the database."),
    "not-permitted": _("Whoever began it may not enter people any more."),
}
_LINKS: Final[tuple[Column, ...]] = (
    (_("Name"), lambda pair: pair[0].name),
    (_("Number"), lambda pair: pair[0].external_id),
    (_("E-mail address"), lambda pair: pair[0].email),
    (_("Enrolment link"), lambda pair: pair[1]),
)
_FIELD: Final = "text"


class TableForm(forms.Form):
    """A table as text: what a browser without scripts can send, and what is copied from a spreadsheet."""

    text = forms.CharField(
        label=_("Or paste the lines, the first with the names of the columns"),
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 6, "spellcheck": "false", "placeholder": _("name;number;e-mail")}
        ),
    )


@require_http_methods(["GET", "POST"])
def import_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """Offer to send a table, and list those of the last days; or judge one that was pasted."""
    form = TableForm(sent(request))
    if form.is_valid():
        try:
            table = importing.check(
                by=request.member, name=str(_("Pasted")), content=form.cleaned_data[_FIELD].encode()
            )
        except NotATable as problem:
            form.add_error(_FIELD, str(problem.person))
        else:
            return redirect("people-import-table", tenant=tenant, table=table.pk)
    rows = [(table, _TONES[PeopleImport.State(table.state)]) for table in importing.recent()]
    context = {"form": form, "rows": rows}
    return render(request, "portal/people/imports.html", context, status=422 if form.errors else 200)


@require_POST
def import_file(request: PortalRequest, tenant: str) -> HttpResponse:
    """Judge a table that the page sends as it is, its name in the query; say where it is shown."""
    content = request.read(LONGEST + 1)
    try:
        table = importing.check(by=request.member, name=request.GET.get("name", ""), content=content)
    except NotATable as problem:
        return JsonResponse({"error": str(problem.person)}, status=problem.status)
    return JsonResponse({"at": reverse("people-import-table", args=[tenant, table.pk])})


@require_GET
def import_table(request: PortalRequest, tenant: str, table: str) -> HttpResponse:
    """Show what would be done, is being done or was done of each line."""
    row = get_object_or_404(PeopleImport.objects, pk=table)
    show = request.GET.get("show", "")
    lines: QuerySet[ImportLine] = row.lines.select_related("subject")
    if show in ImportLine.Verdict:
        lines = lines.filter(verdict=show)
    progress = importing.progress_of(row)
    without_mail = row.lines.filter(verdict=ImportLine.Verdict.NEW, email="").count()
    page = page_of(request, lines, key=("number",))
    context = {
        "table": row,
        "progress": progress,
        "said": _told(row, progress),
        "why_stopped": _WHY_STOPPED.get(row.why_stopped, ""),
        "guessed": row.encoding == GUESSED,
        "page": page,
        "lines": [(line, *_said(line)) for line in page.rows],
        "show": show,
        "shows": [("", _("Every line")), *ImportLine.Verdict.choices],
        "mail_goes_out": mail_goes_out(),
        "without_mail": without_mail,
        "links": progress.outcomes.get(ImportLine.Outcome.LINKED, 0) if row.moved_at else 0,
    }
    return render(request, "portal/people/import.html", context)


def _told(table: PeopleImport, progress: importing.Progress) -> str:
    """Return how far a table is, in tenths, for whoever hears the page: not each line."""
    if table.state == PeopleImport.State.RUNNING and progress.new:
        return _("%(share)d %% are done.") % {"share": 10 * (10 * progress.done // progress.new)}
    return str(table.get_state_display())


def _said(line: ImportLine) -> tuple[Any, str, Any]:
    """Return the word about a line, its tone, and what is wrong with it."""
    if line.outcome and line.verdict == ImportLine.Verdict.NEW:
        failed = line.outcome == ImportLine.Outcome.FAILED
        return line.get_outcome_display(), "bad" if failed else "good", PROBLEMS.get(line.problem, "")
    return line.get_verdict_display(), _OUTCOME_TONES[line.verdict], PROBLEMS.get(line.problem, "")


@require_POST
def import_begin(request: PortalRequest, tenant: str, table: str) -> HttpResponse:
    """Let the new lines be entered; begun twice, it is begun once."""
    row = get_object_or_404(PeopleImport.objects, pk=table)
    way = request.POST.get("way", PeopleImport.Way.LINK)
    if way not in PeopleImport.Way:
        raise Http404
    try:
        importing.begin(by=request.member, table=row, way=way)
    except importing.NotNow:
        messages.info(request, _("It was begun or dropped before."))
    except QuotaReached as problem:
        messages.error(request, str(problem.person))
    else:
        tasks.send(str(request.tenant.pk), row.pk)
    return redirect("people-import-table", tenant=tenant, table=table)


@require_POST
def import_stop(request: PortalRequest, tenant: str, table: str) -> HttpResponse:
    """Enter nobody further."""
    row = get_object_or_404(PeopleImport.objects, pk=table)
    try:
        importing.stop(by=request.member, table=row)
    except importing.NotNow:
        messages.info(request, _("It had ended already."))
    else:
        messages.success(request, _("Stopped. Who was entered before stays."))
    return redirect("people-import-table", tenant=tenant, table=table)


@require_POST
def import_links(request: PortalRequest, tenant: str, table: str) -> HttpResponse:
    """Give the links that were made, as a table; the log says that they were taken."""
    row = get_object_or_404(PeopleImport.objects, pk=table)
    found = importing.take_links(by=request.member, table=row)
    if not found:
        messages.info(request, _("There are no links to take any more: they work for 24 hours."))
        return redirect("people-import-table", tenant=tenant, table=table)
    return taken_away("links", _LINKS, found)
