"""People who enrol by themselves, after a sign-in at their organisation's own OpenID provider."""
