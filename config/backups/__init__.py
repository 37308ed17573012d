"""Copies of the database, and what is asked of one before it is believed again (docs/backup.md).

place.py       how PostgreSQL's own programs reach the database, as whom
sql.py         the statements
manifest.py    what is said of a copy, and vouched for by the key of `backup.json`
taking.py      `manage.py backup`
restoring.py   `manage.py restore`
checking.py    whether what was restored is what was copied, and is believed
"""
