"""The relying party's side: a client for partners, and a demonstration site that uses it."""
