"""The test bench and the test sign-in at the provider."""
