"""The scripted browser of the OpenID Foundation's suite, obeyed here by the suite's own rules for it.

Read from the suite at release-v5.2.3. What makes a module fail there raises ScriptFailed here.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Locator, Page

_SELECTORS = {
    "id": '[id="{}"]',
    "name": '[name="{}"]',
    "css": "{}",
    "class": ".{}",
    "xpath": "xpath={}",
}
_POLL_MS = 100
SHOT, OPTIONAL_SHOT = "update-image-placeholder", "update-image-placeholder-optional"


class ScriptFailed(Exception):
    """The suite would end the module here."""


def fits(pattern: str, address: str) -> bool:
    """Whether an address fits a script's `match`, in which only the star is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), address, re.DOTALL) is not None


@dataclass
class ScriptedBrowser:
    """One module's browser: its scripts with what is left of their limits, and the pictures it owes.

    `placeholders` is how many pictures the module waits for; `shots` are the texts of those it got.
    """

    page: Page
    scripts: list[dict[str, Any]]
    placeholders: int = 0
    shots: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.scripts = deepcopy(self.scripts)

    def go_to(self, address: str) -> None:
        """Open an address, and do the tasks of the first script that it fits and that may still be used."""
        script = self._script_for(address)
        self.page.goto(address)
        for task in script["tasks"]:
            self._do(task)

    def _script_for(self, address: str) -> dict[str, Any]:
        for script in self.scripts:
            if fits(script["match"], address) and script.get("match-limit", 1) > 0:
                if "match-limit" in script:
                    script["match-limit"] -= 1
                return script
        raise ScriptFailed(f"nobody there to visit {address}")

    def _do(self, task: dict[str, Any]) -> None:
        if "task" not in task:
            raise ScriptFailed("a task without a name")
        if not fits(task.get("match", "*"), self.page.url):
            if task.get("optional"):
                return
            raise ScriptFailed(f"unexpected address for {task['task']}: {self.page.url}")
        if "commands" in task:
            self.page.wait_for_load_state()
        for command in task.get("commands", []):
            self._obey(command)
            self.page.wait_for_load_state()

    def _obey(self, command: list[Any]) -> None:
        verb, kind, target, *rest = command
        if verb == "click":
            self._click(self._element(kind, target), optional=rest == ["optional"])
        elif verb == "wait":
            self._wait(kind, target, *rest)
        else:
            raise ScriptFailed(f"an unknown command: {verb}")

    def _click(self, element: Locator, *, optional: bool) -> None:
        if element.count():
            element.first.click()
        elif not optional:
            raise ScriptFailed(f"nothing to click at {self.page.url}")

    def _wait(self, kind: str, target: str, seconds: int, pattern: str = "", action: str = "") -> None:
        if action not in {"", SHOT, OPTIONAL_SHOT}:
            raise ScriptFailed(f"an unknown action: {action}")
        if kind == "contains":
            self._until(lambda: target in self.page.url, seconds, target)
        elif kind == "match":
            self._until(lambda: re.search(target, self.page.url) is not None, seconds, target)
        elif not pattern:
            # Without a pattern no picture is taken.
            self._until(lambda: self._element(kind, target).count() > 0, seconds, target)
        else:
            # The pattern is looked for in the text of that very element, nowhere else.
            self._until(lambda: self._reads(kind, target, pattern), seconds, f"{pattern} in {target}")
            self._take_picture(action)

    def _reads(self, kind: str, target: str, pattern: str) -> bool:
        element = self._element(kind, target)
        return element.count() > 0 and re.search(pattern, element.first.inner_text()) is not None

    def _take_picture(self, action: str) -> None:
        if action and self.placeholders > 0:
            self.placeholders -= 1
            self.shots.append(self.page.inner_text("body"))
        elif action == SHOT:
            raise ScriptFailed("a picture that the module does not wait for")

    def _element(self, kind: str, target: str) -> Locator:
        if kind not in _SELECTORS:
            raise ScriptFailed(f"an unknown way to name an element: {kind}")
        return self.page.locator(_SELECTORS[kind].format(target))

    def _until(self, there: Callable[[], bool], seconds: int, what: str) -> None:
        for _ in range(seconds * 1000 // _POLL_MS):
            if there():
                return
            self.page.wait_for_timeout(_POLL_MS)
        raise ScriptFailed(f"timed out waiting for {what} at {self.page.url}")
