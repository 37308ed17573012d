"""A person's own page: their passkeys, their face, their consent, their sign-ins.

Nobody comes in but by a passkey used for this page. What changes something is an act of authsvc.management,
which the person performs on what is theirs.
"""
