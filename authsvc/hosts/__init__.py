"""Where a tenant lives: on the installation's host, or on a host name of its own.

Everything that builds or checks an address of a tenant asks `places.py`. Names are looked up before any
tenant's scope is entered; what is believed of one is sealed (docs/adr/0396).
"""
