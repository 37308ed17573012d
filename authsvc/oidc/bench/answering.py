"""What the authorization endpoint answers to the bench: a code for the bench's own person, with one fault."""

from datetime import timedelta
from typing import Any, Final

from django.http import HttpResponse

from authsvc.assurance.acr import acr_of, level_of
from authsvc.assurance.levels import FACE, Level
from authsvc.clients.models import RelyingParty
from authsvc.clients.settings.assurance import floor_of
from authsvc.core.application_models import APPLICATION_MODELS
from authsvc.core.clock import now
from authsvc.core.ids import new_id
from authsvc.oidc.bench.cases import Case
from authsvc.oidc.bench.persons import bench_person
from authsvc.oidc.bench.ticket import HEADER
from authsvc.oidc.models import Grant
from authsvc.oidc.requests.reached import face_demanded, reported_acr
from authsvc.oidc.requests.wanted import Tried, Wanted
from authsvc.oidc.tokens.event import Event
from authsvc.oidc.tokens.grants import CodeBinding, issue_code_of_bench
from authsvc.oidc.tokens.spoiling import BROKEN, MEMBER
from authsvc.oidc.wire.lifetimes import ID_TOKEN
from authsvc.policy.reach import attainable

NOT_ASKED: Final = "not-asked"
_LONG_AGO: Final = timedelta(days=1)
_SEEN: Final = {
    "match": "server",
    "pad": "remote",
    "capture": "browser",
    "model": APPLICATION_MODELS[0].letter,
}


def code_for_bench(client: RelyingParty, wanted: Wanted, tried: Tried) -> str | None:
    """Return the code of a case, None where the relying party asked for nothing that could be wrong."""
    case, moment = Case(tried.case), now()
    changed = _changed(case, client, wanted, tried)
    if changed is None:
        return None
    level = attainable()[-1]
    seen = face_demanded(wanted, client) or wanted.presence
    event = Event(level, ("swk", "user", *((FACE,) if seen else ())), moment, "", _SEEN if seen else None)
    return issue_code_of_bench(
        client=client,
        subject_id=bench_person().pk,
        event=event,
        acr=reported_acr(level, wanted, client) or acr_of(level),
        scope=" ".join(scope for scope in wanted.scope if scope != "offline_access"),
        claims={**wanted.claims, MEMBER: {"run": tried.run, "case": case.value, **changed}},
        binding=CodeBinding(wanted.redirect_uri, wanted.code_challenge, wanted.nonce, wanted.dpop_jkt),
    )


def nothing_to_try() -> HttpResponse:
    """Say to the bench that the case does not apply: what would be wrong was not asked for."""
    return HttpResponse(status=204, headers={HEADER: NOT_ASKED})


def _changed(case: Case, client: RelyingParty, wanted: Wanted, tried: Tried) -> dict[str, Any] | None:
    """Return what is changed of the token, None where the case does not apply."""
    moment = int(now().timestamp())
    if case == Case.GOOD:
        # Of itself alone, so that it can come again to the letter.
        times = {"iat": moment, "exp": moment + int(ID_TOKEN.total_seconds())}
        return {"set": {**times, "auth_time": moment, "jti": new_id(), "at_hash": None}}
    if case == Case.REPLAYED:
        first = _good_one(client, tried)
        return None if first is None else {"set": {**first.claims[MEMBER]["set"], "nonce": first.nonce}}
    if case == Case.SIGNATURE:
        return {"set": {}, BROKEN: True}
    if case == Case.LEVEL:
        return {"set": {"acr": _less(client, wanted)}} if _less(client, wanted) else None
    if case == Case.AGE:
        old = moment - (wanted.max_age or 0) - int(_LONG_AGO.total_seconds())
        return None if wanted.max_age is None else {"set": {"auth_time": old}}
    ago = moment - int(_LONG_AGO.total_seconds())
    wrong: dict[Case, dict[str, Any]] = {
        Case.AUDIENCE: {"aud": f"{client.client_id}-another"},
        Case.ISSUER: {"iss": "https://another.example/"},
        Case.NONCE: {"nonce": new_id()},
        Case.TIME: {"iat": ago, "exp": ago + int(ID_TOKEN.total_seconds())},
    }
    return {"set": wrong[case]}


def _less(client: RelyingParty, wanted: Wanted) -> str:
    """Return an acr below what was asked for, or below the floor; "" where L1 is enough."""
    asked = [level for acr in wanted.essential_acr or wanted.acr_values if (level := level_of(acr))]
    least = max(min(asked, default=Level.NONE), floor_of(client, wanted.scope))
    return acr_of(Level.L1) if least > Level.L1 else ""


def _good_one(client: RelyingParty, tried: Tried) -> Grant | None:
    rows = Grant.objects.filter(
        client=client, claims__bench__run=tried.run, claims__bench__case=Case.GOOD.value
    )
    return rows.order_by("-created_at").first()
