"""Application set-up: row-level security and grants follow every migration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TenancyConfig(AppConfig):
    """Installs row-level security and grants after `migrate`."""

    name = "authsvc.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        """Connect the installer."""
        from django.db.backends.signals import connection_created

        from authsvc.tenancy.rls import install_row_level_security, require_roles, tell_new_connection

        # Once for all applications: every table is there when the first of them is told.
        pre_migrate.connect(require_roles, sender=self, dispatch_uid="tenancy-roles")
        post_migrate.connect(install_row_level_security, sender=self, dispatch_uid="tenancy-rls")
        connection_created.connect(tell_new_connection, dispatch_uid="tenancy-scope")
