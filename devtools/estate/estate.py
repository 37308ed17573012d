"""Making an estate: people and passkeys sealed as the product seals them, events with their writer's MAC.

Attempts are spread over three months, so long as the portal explains one.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import Final

from authsvc.clients.models import RelyingParty
from authsvc.core.clock import now
from authsvc.tenancy.models import Tenant
from authsvc.tenancy.scope import every_tenant_scope, tenant_scope
from devtools.estate import attempts, people
from devtools.estate.attempts import Course, Part
from devtools.estate.bare import bare
from devtools.estate.copying import Table, analyse, lines_of, settle, store
from devtools.estate.making import made_beside
from devtools.estate.names import PARTIES
from devtools.estate.people import SPAN, Entered
from devtools.estate.sizes import Sizes

SLUG: Final = "estate"


def build(sizes: Sizes, *, say: Callable[[str], object], seed: int = 15) -> list[Tenant]:
    """Make an estate, and return its tenants, the largest first; `say` is told how far it is."""
    filled = [table.name for table in (*people.TABLES, *attempts.TABLES)]
    draw = random.Random(seed)  # noqa: S311 - nothing secret is drawn by it
    parts = _tenants(sizes)
    with every_tenant_scope(), bare(filled):
        _register(parts, sizes, draw)
        _enter(parts, sizes, seed)
        say(f"{sizes.tenants} tenants, {sizes.parties} relying parties, {sizes.people} people")
        _sign_in(parts, sizes, draw, seed)
        say(f"{sizes.attempts} attempts with {sizes.events} events")
        # Before the keys are asked, which without it look for each attempt's relying party among all of them.
        analyse([Table.of(RelyingParty).name, *filled])
    say("indexes")
    settle(filled)
    return [part.tenant for part in parts]


def _tenants(sizes: Sizes) -> list[Part]:
    named = [Tenant(slug=f"{SLUG}-{at:03}", name=f"Estate {at:03}") for at in range(sizes.tenants)]
    return [Part(tenant) for tenant in Tenant.objects.bulk_create(named)]


def _register(parts: list[Part], sizes: Sizes, draw: random.Random) -> None:
    texts = [
        _parties(part, count, draw) for part, count in zip(parts, sizes.parts(sizes.parties), strict=True)
    ]
    store([Table.of(RelyingParty)], [[text] for text in texts])


def _parties(part: Part, count: int, draw: random.Random) -> bytes:
    made = [
        RelyingParty(
            name=f"{draw.choice(PARTIES)} {at:04}",
            redirect_uris=[f"https://party{at}.example/callback"],
            scopes=["openid"],
            created_at=now() - SPAN,
        )
        for at in range(count)
    ]
    part.parties = [(party.pk, party.client_id) for party in made]
    with tenant_scope(part.tenant.pk):
        return lines_of(RelyingParty, made)


def _enter(parts: list[Part], sizes: Sizes, seed: int) -> None:
    turns = [
        (part, some)
        for part, count in zip(parts, sizes.parts(sizes.people), strict=True)
        for some in people.in_turns(part.tenant, count)
    ]
    made = made_beside(partial(people.entered, seed=seed), [some for _, some in turns])
    whose = [part for part, _ in turns]
    store(people.TABLES, (_kept(part, each) for part, each in zip(whose, made, strict=True)))


def _kept(part: Part, entered: Entered) -> list[bytes]:
    """Keep who can sign in, for the attempts to come."""
    part.people += entered.known
    return entered.texts


def _sign_in(parts: list[Part], sizes: Sizes, draw: random.Random, seed: int) -> None:
    counts = zip(parts, sizes.parts(sizes.attempts), strict=True)
    whose = [part for part, count in counts for _ in range(count)]
    draw.shuffle(whose)
    course = Course(whose, now() - SPAN, sizes.events, seed)
    store(attempts.TABLES, made_beside(course.made, course.in_turns()))
