"""People and the passkeys that are bound to them; the identity side, apart from the vault (S6.1-02)."""
