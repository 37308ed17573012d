"""The OpenID provider: one issuer and one key set per tenant."""
