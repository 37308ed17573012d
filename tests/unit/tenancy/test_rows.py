"""Rows in and out without the ORM are those that the ORM would read and write."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Model

from authsvc.audit.models import AuditEvent
from authsvc.audit.services import signed
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.keys.models import SigningKey
from authsvc.subjects.models import Subject
from authsvc.tenancy.rows import columns_of, from_row, insert, new_row
from authsvc.tenancy.scope import NoTenantScope, tenant_scope
from authsvc.tenancy.sql import Once
from tests.factories import make_subject, make_tenant

RENAMED = "UPDATE tenancy_tenant SET name = %s WHERE name <> %s RETURNING 1"

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("S8.3-02")]


def a_key(kid, **fields):
    return SigningKey(
        kid=kid,
        algorithm="ES256",
        public_jwk={"kty": "é ✓", "n": [1, None]},
        sealed_private=b"\x00\xff",
        state_changed_at=now() - timedelta(days=1),
        **fields,
    )


def all_of(row: Model):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_what_was_inserted_is_what_the_orm_reads():
    with tenant_scope(make_tenant().id):
        rows = [a_key("one"), a_key("two")]
        insert(rows)
        for row in rows:
            read = SigningKey.objects.get(pk=row.pk)
            assert all_of(read) == {**all_of(row), "sealed_private": read.sealed_private}
            assert bytes(read.sealed_private) == b"\x00\xff"


def test_a_row_beside_others_is_stored_with_them():
    with tenant_scope(make_tenant().id):
        event = signed(Tag.KEY_CREATED, client="c", kid="é")
        insert([a_key("one"), a_key("two")], event)
        assert SigningKey.objects.count() == 2
        [read] = AuditEvent.objects.all()
        stored = all_of(read) | {"salt": bytes(read.salt or b""), "mac": bytes(read.mac or b"")}
        assert stored == {**all_of(event), "sequence": read.sequence}
        assert read.sequence > 0


def test_what_hangs_on_a_change_is_stored_where_that_is_made_and_not_again():
    tenant = make_tenant()

    def store(*kids):
        event = signed(Tag.KEY_CREATED, client="c", kid="é")
        return insert([a_key(kid) for kid in kids], event, upon=Once(RENAMED, ["Once", "Once"]))

    with tenant_scope(tenant.id):
        assert store("one", "two")
        assert not store("three", "four")
        assert {key.kid: key.public_jwk["kty"] for key in SigningKey.objects.all()} == {
            "one": "é ✓",
            "two": "é ✓",
        }
        assert AuditEvent.objects.count() == 1


def test_a_row_is_the_instance_that_the_orm_makes_of_it():
    with tenant_scope(make_tenant().id):
        stored = make_subject(name="Ö", claims={"email": "a@example", "address": {"country": "NO"}})
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns_of(Subject, 's')} FROM subjects_subject AS s")  # noqa: S608
            (values,) = cursor.fetchall()
        read = from_row(Subject, values)
        assert all_of(read) == all_of(Subject.objects.get(pk=stored.pk))
        read.name = "changed"
        read.save()
        assert Subject.objects.get().name == "changed"


def test_a_new_row_is_the_instance_that_the_orm_makes():
    given = {"kid": "one", "algorithm": "ES256", "public_jwk": {"n": 1}, "state_changed_at": now()}
    assert all_of(new_row(SigningKey, **given)) == all_of(SigningKey(**given))
    one, other = new_row(Subject, name="Ö"), new_row(Subject, name="Ö")
    assert one._state.adding
    assert one.pk != other.pk
    assert one.claims is not other.claims
    made = all_of(Subject(name="Ö"))
    own = {"id", "user_handle"}
    assert {name: value for name, value in all_of(one).items() if name not in own} == {
        name: value for name, value in made.items() if name not in own
    }
    with pytest.raises(TypeError, match="has no column name_"):
        new_row(Subject, name_="Ö")


def test_a_row_of_another_tenant_is_not_inserted():
    mine, theirs = make_tenant(), make_tenant()
    with tenant_scope(mine.id):
        with pytest.raises(NoTenantScope):
            insert([a_key("one"), a_key("two", tenant=theirs)])
        assert not SigningKey.objects.exists()
