"""People: their passkeys, reference, consents, and enrolment links."""
