"""The draft: what of the policy and of relying parties it would change, and its publication."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from authsvc.clients.fields import FIELDS
from authsvc.clients.models import RelyingParty
from authsvc.clients.problems import RegistrationProblems
from authsvc.clients.settings.justification import OPTIONAL, PREFERRED, REQUIRED
from authsvc.core.clock import now
from authsvc.core.texts import Text
from authsvc.management import policies as acts
from authsvc.management.dry_run.run import with_settings
from authsvc.management.evaluations import in_force
from authsvc.management.models import PolicyDraft
from authsvc.management.policy_words import Difference, differences, party_differences
from authsvc.management.relying_parties import kept
from authsvc.policy.services import BrokenPolicy, current_document
from portal.accounts.requests import PortalRequest
from portal.policies.forms import PartyForm, PolicyForm, number_of
from portal.policies.sections import SECTIONS, Section, shown_in
from portal.relying_parties.filters import PartyFilter
from portal.ui.forms import sent
from portal.ui.paging import page_of

# In a table there is room for what is chosen, and none for what that means.
_IN_A_WORD: Final[dict[str, Text]] = {
    OPTIONAL: _("Optional"),
    PREFERRED: _("Preferred"),
    REQUIRED: _("Required"),
}


@dataclass(frozen=True)
class Draft:
    """A draft beside what is in force: what it says, of which version it would be the next, what is other."""

    row: PolicyDraft
    document: dict[str, Any]
    over: int
    policy: list[Difference]
    parties: list[tuple[RelyingParty, list[Difference]]]

    @property
    def seen(self) -> str:
        """What names all that is shown of it."""
        return acts.draft_digest(self.document, self.row.parties, self.over)

    @property
    def count(self) -> int:
        """How many differences there are."""
        return len(self.policy) + sum(len(found) for _party, found in self.parties)


def opened() -> Draft | None:
    """Return the draft beside what is in force, None where there is none; raises BrokenPolicy."""
    row = acts.the_draft()
    if row is None:
        return None
    document = acts.draft_document(row)
    rows = RelyingParty.objects.filter(pk__in=row.parties).order_by("name", "pk")
    parties = [(party, party_differences(party, row.parties[party.pk])) for party in rows]
    return Draft(row, document, acts.newest_number(), differences(current_document(), document), parties)


@require_GET
def draft(request: PortalRequest, tenant: str) -> HttpResponse:
    """Show what the draft would change, and lead to trying and publishing it."""
    try:
        found = opened()
    except BrokenPolicy:
        return redirect("policies", tenant=tenant)
    context = {
        "draft": found,
        "before": number_of(found.over) if found else "",
        "sections": SECTIONS.values(),
    }
    return render(request, "portal/policies/draft.html", context)


@require_http_methods(["GET", "POST"])
def change(request: PortalRequest, tenant: str, section: str) -> HttpResponse:
    """Change one part of the policy: in the draft, where it can be tried, or at once."""
    part = SECTIONS.get(section)
    if part is None:
        raise Http404
    try:
        form = part.form(sent(request), initial=shown_in(part, _said()))
    except BrokenPolicy as problem:
        messages.error(request, str(problem.person))
        return redirect("policies", tenant=tenant)
    if request.method == "POST" and form.is_valid():
        if "draft" in request.POST:
            acts.save_draft(by=request.member, changes=form.changes)
            messages.success(request, _("It is in the draft. Nobody is judged by it yet."))
            return redirect("policy-draft", tenant=tenant)
        if part.at_once(request.member, form.changes):
            messages.success(request, part.said)
        return redirect("policies", tenant=tenant)
    return _show_change(request, part, form)


def _show_change(request: PortalRequest, part: Section, form: PolicyForm) -> HttpResponse:
    measured = in_force(now()) if part.name == "strictness" else None
    context = {"form": form, "section": part, "measured": measured, "measures": part.name == "strictness"}
    return render(request, "portal/policies/change.html", context, status=422 if form.errors else 200)


def _said() -> dict[str, Any]:
    """Return what the draft says, or where there is none, the policy in force."""
    row = acts.the_draft()
    return acts.draft_document(row) if row else current_document()


@require_GET
def parties(request: PortalRequest, tenant: str) -> HttpResponse:
    """List the relying parties with what each asks of people, in force and in the draft."""
    form = PartyFilter(request.GET)
    page = page_of(request, form.narrowed(RelyingParty.objects.all(), form.wanted), key=form.key)
    row = acts.the_draft()
    drafted = row.parties if row else {}
    rows = [(party, _asked_by(party), party.pk in drafted) for party in page.rows]
    context = {"page": page, "rows": rows, "form": form, "filtered": form.is_filtered}
    return render(request, "portal/policies/parties.html", context)


def _asked_by(party: RelyingParty) -> list[tuple[Text, Text]]:
    """Return what a relying party asks, in few words, each under the heading of its column."""
    return [
        (_("Least assurance"), party.floor_level),
        (_("By scope"), ", ".join(FIELDS["scope_floors"].of(party)) or "–"),
        (_("Face"), _IN_A_WORD[FIELDS["face"].of(party)]),
        (_("Presence"), _IN_A_WORD[FIELDS["presence"].of(party)]),
    ]


@require_http_methods(["GET", "POST"])
def party(request: PortalRequest, tenant: str, party: str) -> HttpResponse:
    """Change what a relying party asks of people, in the draft."""
    row = get_object_or_404(kept(), pk=party)
    found = acts.the_draft()
    drafted = with_settings({row.pk: row}, found.parties if found else {})[row.pk]
    form = PartyForm(sent(request), initial={name: FIELDS[name].of(drafted) for name in acts.OF_PARTIES})
    if request.method == "POST" and form.is_valid():
        try:
            acts.save_draft(by=request.member, changes={}, parties={row.pk: form.cleaned_data})
        except RegistrationProblems as problems:
            form.show_problems(problems)
        except BrokenPolicy as problem:
            form.add_error(None, str(problem.person))
        else:
            messages.success(request, _("It is in the draft. Nobody is judged by it yet."))
            return redirect("policy-draft", tenant=tenant)
    context = {"form": form, "party": row}
    return render(request, "portal/policies/party.html", context, status=422 if form.errors else 200)


@require_POST
def publish(request: PortalRequest, tenant: str) -> HttpResponse:
    """Publish the draft, exactly as it was shown."""
    try:
        found = opened()
    except BrokenPolicy as problem:
        messages.error(request, str(problem.person))
        return redirect("policies", tenant=tenant)
    if found is None:
        messages.info(request, _("There is no draft any more."))
        return redirect("policies", tenant=tenant)
    if request.POST.get("seen") != found.seen:
        messages.warning(
            request, _("The draft, or what it changes, was changed meanwhile. Please look again.")
        )
        return redirect("policy-draft", tenant=tenant)
    try:
        number = acts.publish(
            by=request.member, document=found.document, parties=found.row.parties, over=found.over
        )
    except RegistrationProblems as problems:
        said = " ".join(str(text) for texts in problems.fields.values() for text in texts)
        messages.error(request, _("A relying party cannot be set so: %(said)s") % {"said": said})
    except (acts.PolicyMoved, acts.PartyGone) as problem:
        messages.warning(request, str(problem.person))
    except ValueError:
        messages.error(request, _("The draft is no policy that can be had here, so nothing was changed."))
    else:
        messages.success(request, _("Published. Version %(number)d is in force.") % {"number": number})
        return redirect("policies", tenant=tenant)
    return redirect("policy-draft", tenant=tenant)


@require_POST
def discard(request: PortalRequest, tenant: str) -> HttpResponse:
    """Throw the draft away."""
    if acts.discard_draft(by=request.member):
        messages.success(request, _("The draft is thrown away. The policy in force is as it was."))
    return redirect("policies", tenant=tenant)
