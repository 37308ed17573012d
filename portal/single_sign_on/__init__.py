"""The team's sign-in at a provider of the organisation's own: its screen, and the way there and back."""
