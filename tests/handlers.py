"""The middleware of the tests' clients: loaded once a process, and anew where a setting has changed.

Django's client loads all of it at its first request, which takes longer than most requests; a server loads it
once as well.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from django.core.signals import setting_changed
from django.test.client import ClientHandler

_PARTS: Final = (
    "_view_middleware",
    "_template_response_middleware",
    "_exception_middleware",
    "_middleware_chain",
)


@contextmanager
def loaded_once() -> Iterator[None]:
    """Let clients share what the first of them loaded while the block runs."""
    load, loaded = ClientHandler.load_middleware, dict[str, Any]()

    def share(handler: ClientHandler, is_async: bool = False) -> None:
        if not loaded:
            load(handler, is_async)
            loaded.update({name: getattr(handler, name) for name in _PARTS})
        vars(handler).update(loaded)

    def forget(**_: object) -> None:
        loaded.clear()

    setting_changed.connect(forget)
    with patch.object(ClientHandler, "load_middleware", share):
        yield
    setting_changed.disconnect(forget)
