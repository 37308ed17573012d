"""The screen of people who enrol by themselves, after a sign-in at a provider of the organisation's own."""
