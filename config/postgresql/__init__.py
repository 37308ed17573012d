"""Django's back end for PostgreSQL, with an end to every wait (O07)."""
