"""The provider's public documents: metadata and key set."""
