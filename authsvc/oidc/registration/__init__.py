"""Dynamic registration of relying parties (RFC 7591, RFC 7592, OpenID Connect Registration 1.0)."""
