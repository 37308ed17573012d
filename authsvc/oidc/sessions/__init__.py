"""The browser's session at the provider, and its end."""
