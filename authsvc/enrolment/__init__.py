"""Enrolment: from a link through notice, consent, passkey and capture to a reference; further passkeys."""
