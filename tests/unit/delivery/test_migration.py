"""What the release before had not told yet is told by this one, once."""

from datetime import timedelta
from typing import Any

import pytest

from authsvc.core.clock import now
from authsvc.delivery.models import Delivery
from authsvc.tenancy.scope import every_tenant_scope
from tests.migrating import Migrations

BEFORE = [("oidc", "0004_devices_of_their_own")]


@pytest.fixture
def before(migrations: Migrations) -> Any:
    """The models of the release before, in a database that it would have left."""
    return migrations.to(BEFORE)


@pytest.fixture
def waiting(before: Any) -> Any:
    """The models, after a tenant had notices and pings, delivered and not."""
    moment = now()
    with every_tenant_scope():
        tenant = before.get_model("tenancy", "Tenant").objects.create(slug="filled", name="Filled")
        RelyingParty = before.get_model("clients", "RelyingParty")
        polls, pings = (
            RelyingParty.objects.create(
                tenant=tenant, client_id=mode, name=mode, backchannel_token_delivery_mode=mode
            )
            for mode in ("poll", "ping")
        )
        notice = {"tenant": tenant, "client": polls, "created_at": moment, "next_try_at": moment}
        LogoutNotice = before.get_model("oidc", "LogoutNotice")
        LogoutNotice.objects.create(sid="due", sub="ada", tries=3, problem="it answered 500", **notice)
        LogoutNotice.objects.create(sid="told", sub="ada", tries=1, delivered_at=moment, **notice)
        LogoutNotice.objects.create(sid="given up", sub="ada", tries=8, **notice)
        subject = before.get_model("subjects", "Subject").objects.create(tenant=tenant, name="Ada")
        BackchannelRequest = before.get_model("oidc", "BackchannelRequest")
        for name, members in {
            "unanswered": {"client": pings},
            "approved": {"client": pings, "state": "approved"},
            "notified": {"client": pings, "state": "approved", "notified_at": moment},
            "fetched": {"client": pings, "state": "approved", "redeemed_at": moment},
            "polled": {"client": polls, "state": "approved"},
        }.items():
            BackchannelRequest.objects.create(
                id=name, digest=name, tenant=tenant, subject=subject, scope="openid", sealed_callback=b"",
                interval=5, created_at=moment, expires_at=moment + timedelta(minutes=2), **members,
            )  # fmt: skip
    return before


@pytest.mark.whole
def test_what_was_not_told_is_in_the_outbox(waiting: Any, migrations: Migrations) -> None:
    migrations.to_latest()
    with every_tenant_scope():
        rows = {row.about: row for row in Delivery.objects.select_related("client", "tenant")}
        assert sorted(rows) == ["approved", "due", "unanswered"]
        due = rows["due"]
        assert (due.kind, due.content, due.tries) == ("logout", {"sub": "ada"}, 3)
        assert (due.client.client_id, due.tenant.slug) == ("poll", "filled")
        assert rows["approved"].kind == rows["unanswered"].kind == "ciba-ping"
        ready = Delivery.objects.filter(due_at__lte=now()).values_list("about", flat=True)
        assert set(ready) == {"due", "approved"}


# On SQLite one release runs at a time, and its tables forget the columns that no model has.
@pytest.mark.needs("postgresql")
@pytest.mark.whole
def test_the_release_before_finds_its_rows_and_nothing_to_send(waiting: Any, migrations: Migrations) -> None:
    migrations.to_latest()
    with every_tenant_scope():
        notices = waiting.get_model("oidc", "LogoutNotice").objects
        assert notices.count() == 3
        assert not notices.filter(delivered_at=None, tries__lt=8).exists()
        pings = waiting.get_model("oidc", "BackchannelRequest").objects.filter(client__client_id="ping")
        assert not pings.filter(notified_at=None, redeemed_at=None).exists()
