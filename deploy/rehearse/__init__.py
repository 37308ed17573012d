"""A rehearsal: an installation as docs/ has it, from nothing to a restore, on a machine of namespaces.

    python -m deploy.rehearse [--requests 2000]

__main__.py       the steps, in order
documented.py     the commands of docs/, run as they stand there
stage.py          where it plays, and how commands are run there
machine.py        systemd itself as the first process of namespaces; boot.sh lays its files out
units.py          the units of deploy/systemd, read
networks.py       a network namespace for each role, and who may reach whom: nobody else
servers.py        PostgreSQL, Redis and nginx, by TLS alone
certificates.py   who signs for them; mail.py takes mails
installation.py   set up, start, back up, destroy, restore: the lines of the pages
upgrading.py      the next release, under load (load.py), and one step back
watching.py       Prometheus with the alerts that ship
worker.py         what a worker tries to reach
outside.py        organisations for each application model (organisations.py), and who enrol there (people.py)
"""
