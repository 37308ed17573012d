"""The one exception that ends a request on purpose."""

from authsvc.core.texts import Text, in_english


class Refused(Exception):
    """Something was refused: a code for programs, a calm sentence for the person, a reason for auditors.

    `person` is put into a language where it is shown. `detail` says which rule failed, what came and what
    was expected; it goes to the log and the audit row, never to the person. `status` is the HTTP status.
    `retry_after` is in seconds, where waiting helps. `tag` is the event that the refusal is in the audit log,
    where it is one of its own; a `silent` one is not written down, as its like was a moment ago.
    """

    def __init__(
        self,
        code: str,
        person: Text,
        *,
        detail: str = "",
        status: int = 400,
        retry_after: int | None = None,
        tag: str = "",
        silent: bool = False,
    ) -> None:
        super().__init__(f"{code}: {detail or in_english(person)}")
        self.code = code
        self.person = person
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        self.tag = tag
        self.silent = silent
