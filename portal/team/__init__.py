"""The team of a tenant: who administers it, and who is invited to."""
