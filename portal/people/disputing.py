"""Screens of disputes: write down what a person objects to, and what they were answered."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from authsvc.management import disputes, people
from authsvc.subjects.models import Subject
from portal.accounts.once import Made, make_once
from portal.accounts.requests import PortalRequest
from portal.ui.forms import sent

_LONGEST = 1000


class DisputeForm(forms.Form):
    """What somebody objects to."""

    kind = forms.ChoiceField(label=_("What it is about"), choices=disputes.Kind.choices)
    attempt = forms.CharField(
        label=_("Receipt number of the attempt"),
        required=False,
        max_length=24,
        help_text=_("Where it is about one; the person was shown it."),
    )
    said = forms.CharField(
        label=_("What the person says"), max_length=_LONGEST, widget=forms.Textarea(attrs={"rows": 5})
    )


class AnswerForm(forms.Form):
    """What somebody is answered."""

    outcome = forms.ChoiceField(
        label=_("What came of it"), choices=[each for each in disputes.Outcome.choices if each[0]]
    )
    text = forms.CharField(
        label=_("What the person is answered"), max_length=_LONGEST, widget=forms.Textarea(attrs={"rows": 5})
    )


@require_http_methods(["GET", "POST"])
def dispute_raise(request: PortalRequest, tenant: str, subject: str) -> HttpResponse:
    """Write down what a person objects to."""
    row = get_object_or_404(Subject.objects, pk=subject)
    form = DisputeForm(sent(request), initial={"attempt": request.GET.get("attempt", "")})
    if form.is_valid():
        made = dict(form.cleaned_data)
        try:
            return make_once(
                request,
                lambda: Made(
                    reverse(
                        "dispute",
                        args=[
                            tenant,
                            row.pk,
                            disputes.raise_dispute(by=request.member, subject=row, **made).pk,
                        ],
                    )
                ),
            )
        except people.PersonClosed:
            raise Http404 from None
    context = {"form": form, "person": row}
    return render(request, "portal/people/dispute_raise.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def dispute_answer(request: PortalRequest, tenant: str, subject: str, dispute: str) -> HttpResponse:
    """Show what a person objects to, and write down what they were answered."""
    person = get_object_or_404(Subject.objects, pk=subject)
    row = disputes.dispute_of(person, dispute)
    if row is None:
        raise Http404
    form = AnswerForm(sent(request))
    if form.is_valid():
        try:
            disputes.answer(by=request.member, dispute=row, **form.cleaned_data)
        except disputes.AnsweredAlready as problem:
            messages.info(request, str(problem.person))
        else:
            messages.success(request, _("The answer is written down."))
        return redirect("dispute", tenant=tenant, subject=subject, dispute=dispute)
    context = {"form": form, "dispute": row, "person": person}
    return render(request, "portal/people/dispute.html", context, status=422 if form.errors else 200)
