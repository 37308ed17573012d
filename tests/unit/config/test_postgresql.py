"""What is said to PostgreSQL is remembered, and its times are read as Django reads them."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection
from psycopg import _queries

from config.postgresql.base import Moments

pytestmark = [pytest.mark.django_db, pytest.mark.needs("postgresql")]


def read(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text::timestamptz", [text])
        return cursor.fetchone()[0]


def test_a_time_is_read_to_the_microsecond_and_in_utc():
    assert read("2026-11-30 12:00:01.000002+02") == datetime(2026, 11, 30, 10, 0, 1, 2, tzinfo=UTC)
    assert read("0001-01-01 00:00:00+00") == datetime(1, 1, 1, tzinfo=UTC)
    assert [read(f"2026-11-30 00:00:00.{part}+00").microsecond for part in ("1", "12", "12345", "9" * 6)] == [
        *(100_000, 120_000, 123_450, 999_999)
    ]
    assert read("2026-11-30 00:00:00+00").tzinfo is UTC


def test_it_is_ours_that_reads_them():
    with connection.cursor():
        loader = connection.connection.adapters.get_loader(1184, 0)
    assert loader is Moments


@pytest.mark.parametrize(("count", "remembered"), [(61, 1), (101, 0)])
def test_where_parameters_stand_is_remembered_of_statements_as_long_as_ours(count, remembered):
    places = ", ".join(["%s::int"] * count)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {places}", range(count))
        before = _queries._query2pg.cache_info().hits
        cursor.execute(f"SELECT {places}", range(count))
        assert cursor.fetchone() == tuple(range(count))
    assert _queries._query2pg.cache_info().hits == before + remembered


@pytest.mark.parametrize("text", ["infinity", "0044-03-15 00:00:00+00 BC", "10000-01-01 00:00:00+00"])
def test_what_python_has_no_time_for_is_refused_as_before(text):
    with pytest.raises(DataError):
        read(text)
