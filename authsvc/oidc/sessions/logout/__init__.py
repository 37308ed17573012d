"""Ending sessions: by the relying party, by the person, by the administrator; and telling who has to know."""
