"""What the provider hands out: ID tokens, access tokens, refresh tokens."""
