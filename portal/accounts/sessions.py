"""Where administrators' sessions are kept: the table opens none of them, and shows whose each is.

The row bears the SHA-256 of the key, so that whoever reads the table, or a backup, signs in with nothing of
it. It names its user, so that all of somebody's sessions can end at once. Only Django's synchronous half is
used here.
"""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from authsvc.core.clock import now
from authsvc.core.ids import secret_hash


class SessionStore(DatabaseStore):
    """A session in the database, found by the hash of its key."""

    @classmethod
    def get_model_class(cls) -> Any:
        """Return the model of the rows."""
        # Not above: Django names this module in the settings, before there are models.
        from portal.accounts.models import AdministratorSession

        return AdministratorSession

    def exists(self, session_key: str) -> bool:
        """Whether a session has this key."""
        return bool(self.model.objects.filter(pk=secret_hash(session_key)).exists())

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Return the row that stands for the session now."""
        row: Any = super().create_model_instance(data)
        row.session_key = secret_hash(row.session_key)
        row.user_id = data.get(SESSION_KEY)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """End the session of a key, this very one without."""
        ended = session_key or self.session_key
        if ended is not None:
            self.model.objects.filter(pk=secret_hash(ended)).delete()

    def _get_session_from_db(self) -> Any:
        key = self.session_key or ""
        found = self.model.objects.filter(pk=secret_hash(key), expire_date__gt=now()).first()
        if found is None:
            self._session_key = None
        return found
