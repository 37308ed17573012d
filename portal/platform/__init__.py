"""The platform: organisations and health, for whoever runs the installation; it belongs to no tenant."""
