"""The receipt of a sign-in for its relying party: that the audit log holds it (docs/audit.md)."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from authsvc.audit.models import AuditEvent
from authsvc.audit.proofs import NotInTheLog, receipt
from authsvc.audit.tags import Tag
from authsvc.oidc.tokens.bearer import access_token_of
from authsvc.oidc.wire.door import answer_refusal, in_json
from authsvc.oidc.wire.refusal import RequestRefused
from authsvc.tenancy.middleware import TenantRequest

_SOON = 2  # seconds


@csrf_exempt
@require_http_methods(["GET", "POST"])
def sign_in_receipt(request: TenantRequest, tenant: str) -> HttpResponse:
    """Answer with the receipt of the sign-in that the access token comes from.

    It is there about two seconds after the tokens are; who asks sooner is told to wait.
    """
    try:
        grant = access_token_of(request).grant
    except RequestRefused as refused:
        return answer_refusal(refused, in_json, tag=None)
    events = AuditEvent.objects.filter(
        transaction=grant.transaction,
        client=grant.client.client_id,
        tag__in=[Tag.CODE_ISSUED, Tag.TOKEN_ISSUED],
    )
    event = events.order_by("sequence").first()
    try:
        if event is None:
            raise NotInTheLog("the log holds no such sign-in any more")
        return JsonResponse(receipt(event, opened=True))
    except NotInTheLog as problem:
        said = {"error": "temporarily_unavailable", "error_description": str(problem)}
        return JsonResponse(said, status=503 if event else 404, headers={"Retry-After": str(_SOON)})
