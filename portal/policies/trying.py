"""The dry run: what a draft, or an older version, would have done to the last attempts, and to whom."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from authsvc.core.texts import Text, grouped
from authsvc.management import policies as acts
from authsvc.management.dry_run.facts import LAST
from authsvc.management.dry_run.run import Change, DryRun, Person, Touched, dry_run, named
from authsvc.management.dry_run.words import CHANGES, REASONS, TONES, said_of
from authsvc.policy.services import BrokenPolicy, current_document, with_changes
from portal.accounts.requests import PortalRequest
from portal.policies.forms import TouchedFilter, number_of

SIZE: Final = 50
_SHOWN: Final = 5
_TOUCHING: Final = [change for change in Change if change != Change.SAME]


@dataclass(frozen=True)
class Tried:
    """What is tried: its name, the query that leads to it again, the page that it is seen on, and the run."""

    title: Text
    query: str
    version: int | None
    run: DryRun


class _NothingToTry(Exception):
    """There is neither a draft nor a version of that number."""


def _tried(request: HttpRequest) -> Tried:
    """Try the version that is named, or else the draft; raises BrokenPolicy, ValueError, _NothingToTry."""
    number = request.GET.get("version", "")
    if not number:
        draft = acts.the_draft()
        if draft is None:
            raise _NothingToTry
        present = current_document()
        run = dry_run(with_changes(present, draft.changes), draft.parties, over=present)
        return Tried(_("The draft"), "", None, run)
    for row, _whole in acts.versions():
        if str(row.number) == number:
            return Tried(number_of(row.number), f"version={number}", row.number, dry_run(row.document, {}))
    raise Http404


@require_GET
def dry_run_page(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show what would have become of the last attempts, by relying party and reason."""
    try:
        tried = _tried(request)
    except (BrokenPolicy, ValueError, _NothingToTry):
        return _nothing(request)
    run = tried.run
    people = run.people()
    context = {
        "tried": tried,
        "run": run,
        "most": LAST,
        "verdict": _verdict(run),
        "measures": [
            (CHANGES[change], run.counts[change], _address(tried, change=change)) for change in _TOUCHING
        ],
        "same": run.counts[Change.SAME],
        "parties": [
            (
                row.party,
                row.attempts,
                [row.changes[change] for change in _TOUCHING],
                _of_party(tried, row.party),
            )
            for row in run.by_party
        ],
        "columns": [CHANGES[change] for change in _TOUCHING],
        "reasons": [
            (
                CHANGES[change],
                TONES[change],
                REASONS[reason],
                count,
                _address(tried, change=change, reason=reason),
            )
            for change, reason, count in run.by_reason
        ],
        "people": _told(named(people[:_SHOWN])),
        "people_count": len(people),
        "everybody": _address(tried),
        "seconds": f"{run.seconds:.1f}",
    }
    return render(request, "portal/policies/dry_run.html", context)


@require_GET
def people(request: PortalRequest, tenant: str) -> HttpResponse:
    """List the people whom it would touch, a page at a time."""
    try:
        tried = _tried(request)
    except (BrokenPolicy, ValueError, _NothingToTry):
        return _nothing(request)
    form = _filter(request, tried.run)
    wanted = {name: value for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
    found = tried.run.people(**wanted)
    page = _page(request, len(found))
    context = {
        "tried": tried,
        "form": form,
        "filtered": bool(wanted),
        "count": len(found),
        "people": _told(named(found[(page - 1) * SIZE : page * SIZE])),
        "page": _pages(tried, wanted, page, len(found)),
    }
    return render(request, "portal/policies/people.html", context)


def _nothing(request: PortalRequest) -> HttpResponse:
    messages.info(request, _("There is nothing to try: change something in a draft first."))
    return redirect("policies", tenant=request.tenant.slug)


def _verdict(run: DryRun) -> Text:
    """Return the one sentence that an administrator asks for first."""
    counts = run.counts
    ended = counts[Change.REFUSED] + counts[Change.ADMITTED]
    if not run.looked_at:
        return _("There is no attempt yet that it could be tried against.")
    if not run.touched:
        return _("Every one of these attempts would have ended as it does now.")
    said = _("{refused} would be refused that are let in now, and {admitted} let in that are refused now.")
    if not ended:
        said = _("Nobody would be refused who is let in now, and nobody let in who is refused now.")
    untold = _(" Of {untold} attempts it cannot be told.") if counts[Change.UNTOLD] else ""
    return format_lazy(
        "{said}{untold}",
        said=format_lazy(
            said, refused=grouped(counts[Change.REFUSED]), admitted=grouped(counts[Change.ADMITTED])
        ),
        untold=format_lazy(untold, untold=grouped(counts[Change.UNTOLD])),
    )


def _told(found: list[Person]) -> list[dict[str, Any]]:
    """Return people as the table shows them."""
    return [
        {
            "subject": each.subject,
            "attempts": each.attempts,
            "changes": [
                (CHANGES[change], TONES[change], each.changes[change])
                for change in _TOUCHING
                if each.changes[change]
            ],
            "newest": each.newest.attempt,
            "before": said_of(each.newest.before),
            "after": said_of(each.newest.after),
            "why": [REASONS[reason] for reason in each.newest.reasons],
        }
        for each in found
    ]


def _filter(request: HttpRequest, run: DryRun) -> TouchedFilter:
    touched: list[Touched] = list(run.touched)
    reasons = sorted({reason for each in touched for reason in each.reasons})
    keys = {each.attempt.party for each in touched if each.attempt.party}
    parties = sorted(
        ((key, run.parties[key].name) for key in keys if key in run.parties), key=lambda one: one[1]
    )
    return TouchedFilter(
        request.GET,
        changes=[(change, CHANGES[change]) for change in _TOUCHING],
        parties=parties,
        reasons=[(reason, REASONS[reason]) for reason in reasons],
    )


def _of_party(tried: Tried, party: Any) -> str:
    return _address(tried, party=party.pk) if party is not None else ""


def _address(tried: Tried, **wanted: Any) -> str:
    """Return the query of the people's page."""
    asked = {**({"version": tried.version} if tried.query else {}), **wanted}
    return f"?{urlencode(asked)}" if asked else ""


def _page(request: HttpRequest, count: int) -> int:
    """Return the number of the page that is asked for; raises Http404 for one that is not there."""
    asked = request.GET.get("page", "1")
    last = max(1, -(-count // SIZE))
    if not asked.isdecimal() or not 1 <= int(asked[:6]) <= last:
        raise Http404
    return int(asked)


def _pages(tried: Tried, wanted: dict[str, Any], page: int, count: int) -> dict[str, str]:
    """Return the queries of the pages around, as components/pager.html has them."""
    more = page * SIZE < count
    return {
        "next_query": _address(tried, **wanted, page=page + 1) if more else "",
        "first_query": (_address(tried, **wanted) or "?") if page > 1 else "",
    }
