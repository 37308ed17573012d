"""T01: who owns the database, and is its server's superuser, cannot write where checkpoints are kept."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from authsvc.audit.anchors import folder
from authsvc.audit.sequencing import sequence
from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.tenancy.scope import tenant_scope
from tests.factories import make_tenant

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs("postgresql"),
    pytest.mark.skipif(os.geteuid() != 0, reason="the server is another user's where root starts it alone"),
    pytest.mark.requirement("S9.4-12"),
]


@pytest.fixture
def superuser() -> Iterator["psycopg.Connection[Any]"]:
    told = connection.settings_dict
    with psycopg.connect(
        host=told["HOST"], port=told["PORT"], dbname=told["NAME"], user="root", autocommit=True
    ) as opened:
        yield opened


def test_t01_the_databases_superuser_can_write_no_checkpoint(superuser: "psycopg.Connection[Any]") -> None:
    with tenant_scope(make_tenant().id):
        record(Tag.TENANT_CREATED)
        sequence()
        path, before = folder._path(), folder.newest()
        assert path is not None
        tries = [
            f"COPY (SELECT 'x') TO '{path}'",
            f"COPY (SELECT 'x') TO PROGRAM 'cat >> {path}'",
            f"COPY (SELECT 'x') TO PROGRAM 'rm {path}'",
            f"COPY (SELECT 'x') TO '{Path(path).parent}/another.jsonl'",
        ]
        for statement in tries:
            with pytest.raises(psycopg.Error):
                superuser.execute(statement)
        assert folder.newest() == before
