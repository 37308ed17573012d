"""`manage.py setup`: from nothing to an installation that starts (docs/installing.md).

answers.py      what is asked, one row a question
layout.py       where things lie, on a machine with systemd or beside compose.yaml
environment.py  the environment of each role, as a file
roles_sql.py    the roles of the database as statements, for who gives us no administrator
steps.py        what is done, in order
"""
