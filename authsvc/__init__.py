"""The authentication server of ISO/IEC 27553-2, with its biometric system."""
