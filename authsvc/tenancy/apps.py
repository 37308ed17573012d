"""Application set-up: row-level security follows every migration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenancyConfig(AppConfig):
    """Installs row-level security on each tenant table after `migrate`."""

    name = "authsvc.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        """Connect the installer."""
        from django.db.backends.signals import connection_created

        from authsvc.tenancy.rls import install_row_level_security, tell_new_connection

        post_migrate.connect(install_row_level_security, dispatch_uid="tenancy-rls")
        connection_created.connect(tell_new_connection, dispatch_uid="tenancy-scope")
