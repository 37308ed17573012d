"""Biometric references: protect, open, renew, revoke; apart from every identity (S6.1-02)."""
