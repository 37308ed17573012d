"""What the installation is made of: how much each part carries, and where it stands (docs/assurance.md)."""

from config.settings.given import given

COMPONENTS = given.components
WORKER_POOL = given.worker_pool
