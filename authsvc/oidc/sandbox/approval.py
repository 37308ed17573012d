"""Answering a backchannel request without a person, for automated suites; sandbox tenants only (SA-02)."""

from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from authsvc.core.ids import new_id, secret_hash
from authsvc.oidc.ciba.waiting import approve, awaited, deny
from authsvc.oidc.interaction import open_sign_in, result_of
from authsvc.oidc.models import BackchannelRequest
from authsvc.oidc.offering.provider import sandbox_offered
from authsvc.oidc.sandbox.outcomes import Outcome, decide
from authsvc.tenancy.middleware import TenantRequest


@csrf_exempt
@require_http_methods(["GET", "POST"])
def answer_automatically(request: TenantRequest, tenant: str) -> HttpResponse:
    """Approve (`action=allow`) or deny the request of an `auth_req_id`; a live tenant answers 404.

    The approval goes through a transaction with the evidence of an accepted sandbox sign-in at L2.
    """
    if not sandbox_offered(request.tenant):
        raise Http404("no sandbox authenticator here")
    digest = secret_hash(request.GET.get("auth_req_id", ""))
    rows = BackchannelRequest.objects.select_related("client", "subject").exclude(subject=None)
    row = rows.filter(digest=digest).first()
    if row is None:
        raise Http404("no such request")
    if request.GET.get("action") == "allow":
        _approve(request, row)
    else:
        deny(row)
    return JsonResponse({"answered": request.GET.get("action") == "allow"})


def _approve(request: TenantRequest, row: BackchannelRequest) -> None:
    assert row.subject is not None
    key, path = new_id(), f"/t/{request.tenant.slug}/approve/"
    opened = open_sign_in(key, back_to=path, client=row.client, asked=awaited(row))
    decide(opened, tenant=request.tenant, subject=row.subject, outcome=Outcome.LEVEL_2)
    approve(row, result_of(opened.pk, key, at=path))
