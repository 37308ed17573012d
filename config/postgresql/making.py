"""Making a database on a server, as its administrator."""

from typing import Any

import psycopg
from psycopg import sql


def make_database(opened: "psycopg.Connection[Any]", name: str) -> None:
    """Make a database where there is none of that name."""
    if not opened.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        made = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'"
        opened.execute(sql.SQL(made).format(sql.Identifier(name)))
