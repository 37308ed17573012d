"""Sign-ins at a tenant's own OpenID provider, as its relying party sees them: metadata, tokens, checks."""
