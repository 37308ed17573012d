"""The test bench's page: what it needs, how the cases go, and letting the relying party live (S6.2-08)."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from authsvc.clients.fields import FIELDS
from authsvc.clients.settings.life import in_test
from authsvc.core.texts import Text
from authsvc.management import relying_parties
from authsvc.oidc.bench.cases import WORDS, Case
from authsvc.oidc.bench.driver import Seen
from authsvc.oidc.bench.running import Result, Run
from portal.accounts.requests import PortalRequest
from portal.relying_parties.kinds import kind_of

_MEANS: Final = {
    Case.GOOD: _("Without it nothing below means anything."),
    Case.AUDIENCE: _("Else any other site that a person signs in to could sign in as them here."),
    Case.ISSUER: _("Else another provider could name anybody."),
    Case.NONCE: _("Else a token that was stolen elsewhere would do."),
    Case.SIGNATURE: _("Else anybody could write a token."),
    Case.TIME: _("Else a token of years ago would do."),
    Case.REPLAYED: _("Else whoever saw one sign-in could repeat it."),
    Case.LEVEL: _("Else a weak sign-in would open what needs a strong one."),
    Case.AGE: _("Else a sign-in of last week would count as one of now."),
}


@dataclass(frozen=True)
class Line:
    """One case as the page shows it."""

    title: Text
    means: Text
    word: Text
    tone: str
    why: str


@require_GET
def bench(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Show the last run, or what is missing for one."""
    row = get_object_or_404(relying_parties.kept(), pk=party)
    run = relying_parties.last_bench(row)
    results = run.results if run else [Result(case, "", "") for case in Case]
    context: dict[str, Any] = {
        "party": row,
        "kind": kind_of(row),
        "in_test": in_test(row),
        "run": run,
        "lacks": [FIELDS[name].label for name in relying_parties.bench_lacks(row)],
        "lines": [_line(result, run) for result in results],
        "verdict": _verdict(run),
    }
    return render(request, "portal/relying_parties/bench.html", context)


@require_POST
def bench_start(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Start a run."""
    row = get_object_or_404(relying_parties.kept(), pk=party)
    try:
        relying_parties.start_bench(by=request.member, party=row)
    except (relying_parties.CannotTry, relying_parties.BenchGoesOn) as refused:
        messages.error(request, str(refused.person))
    return redirect("relying-party-bench", tenant=tenant, party=row.pk)


@require_POST
def bench_stop(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """End a run before its end."""
    row = get_object_or_404(relying_parties.kept(), pk=party)
    relying_parties.stop_bench(by=request.member, party=row)
    messages.success(request, _("Stopped. Cases that had begun come to their end."))
    return redirect("relying-party-bench", tenant=tenant, party=row.pk)


@require_POST
def party_live(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Let a relying party live: by its bench, or where that cannot be had, by an exception of two."""
    row = get_object_or_404(relying_parties.kept(), pk=party)
    act = relying_parties.let_live_untested if "exception" in request.POST else relying_parties.let_live
    try:
        act(by=request.member, party=row)
    except relying_parties.NotTested as refused:
        messages.error(request, str(refused.person))
        return redirect("relying-party-bench", tenant=tenant, party=row.pk)
    messages.success(request, _("It is live: people can sign in there within ten seconds."))
    return redirect("relying-party", tenant=tenant, party=row.pk)


def _line(result: Result, run: Run | None) -> Line:
    word, tone = _word(result, run)
    return Line(WORDS[result.case], _MEANS[result.case], word, tone, result.why)


def _word(result: Result, run: Run | None) -> tuple[Text, str]:
    if not result.seen:
        return (_("Waits"), "") if run is not None and run.goes_on else (_("Not run"), "")
    if result.seen == Seen.NOT_ASKED:
        return _("Not asked for"), ""
    if result.seen == Seen.UNSEEN:
        return _("Not seen"), "warn"
    if result.case == Case.GOOD:
        return (_("Let in"), "good") if result.is_good else (_("Kept out"), "bad")
    return (_("Rejected"), "good") if result.is_good else (_("Let in"), "bad")


@dataclass(frozen=True)
class _Said:
    tone: str
    title: Text
    text: Text


def _verdict(run: Run | None) -> _Said:
    if run is None:
        return _Said(
            "info",
            _("The bench has not run yet."),
            _(
                "It signs in at the site nine times, as a person of its own: once with a good token, then "
                "with one that has one fault. The site has to keep it out each time."
            ),
        )
    if run.goes_on:
        return _Said("info", _("The bench is at work."), _("You can leave this page and come back."))
    if run.passed:
        return _Said("good", _("Every bad token was rejected."), _("The good one was let in."))
    wrong = [result for result in run.results if result.seen == Seen.LET_IN and not result.is_good]
    if wrong:
        text = ngettext(
            "%(count)s of the bad tokens below signed the bench in.",
            "%(count)s of the bad tokens below signed the bench in.",
            len(wrong),
        )
        return _Said("bad", _("It let a bad token in."), text % {"count": len(wrong)})
    if run.results[0].seen and not run.results[0].is_good:
        return _Said("bad", _("It kept the good token out."), _("So nothing can be told of the bad ones."))
    return _Said("warn", _("Not every case was seen."), _("Look at the reasons below, and run it again."))
