"""English, for readers in many countries."""
