"""Keys: token signing (web), sample opening and vault wrapping (worker); each role opens only its own."""
