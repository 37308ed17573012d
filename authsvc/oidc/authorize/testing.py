"""The end of a test sign-in: what the token would say goes into the log, and the portal shows it.

Nobody is signed in anywhere by it: no session begins here, no code and no token leaves, and the relying
party hears of nothing.
"""

from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.clients.models import RelyingParty
from authsvc.oidc.interaction import event_of, require_open_account
from authsvc.oidc.proofs.jose import read_header, read_unverified
from authsvc.oidc.requests.wanted import Wanted
from authsvc.oidc.tokens.claims import PERSONAL_CLAIMS, claims_of_scopes
from authsvc.oidc.tokens.grants import CodeBinding, unsaved_grant
from authsvc.oidc.tokens.id_token import signed_id_token
from authsvc.transactions.models import Transaction


@transaction.atomic
def end_test(client: RelyingParty, wanted: Wanted, consumed: Transaction, acr: str) -> HttpResponse:
    """Write down what the ID token says, and lead to the portal's page; raises RequestRefused.

    What is personal of it is told by its name alone: the log is no place for it.
    """
    assert consumed.subject is not None
    require_open_account(consumed.subject)
    grant = unsaved_grant(
        client=client,
        subject_id=consumed.subject.pk,
        device_id=consumed.device_id,
        event=event_of(consumed),
        acr=acr,
        scope=" ".join(wanted.scope),
        claims=wanted.claims,
        binding=CodeBinding(wanted.redirect_uri, wanted.code_challenge, wanted.nonce, wanted.dpop_jkt),
        transaction_id=consumed.pk,
    )
    token = signed_id_token(grant, client)
    said = read_unverified(token)
    personal = sorted(
        {name for name in said if name in PERSONAL_CLAIMS} | set(claims_of_scopes(wanted.scope))
    )
    record(
        Tag.TEST_SIGNED_IN,
        transaction=consumed.pk,
        client=client.client_id,
        subject=str(consumed.subject.pk),
        header=read_header(token),
        claims={name: value for name, value in said.items() if name not in PERSONAL_CLAIMS},
        personal=personal,
        encrypted=bool(client.id_token_encrypted_response_alg),
    )
    return to_portal(wanted, consumed.pk)


def to_portal(wanted: Wanted, number: str) -> HttpResponse:
    """Lead back to the portal, which finds everything by this number."""
    return HttpResponseRedirect(f"{wanted.redirect_uri}?{urlencode({'number': number})}")
