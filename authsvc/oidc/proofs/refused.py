"""The one way in which a signed statement does not count."""


class NotVerified(Exception):
    """A signed statement does not count.

    `part` says where: "form", "typ", "signature", or the name of a claim. `came` is what stood there,
    `expected` what should have. The use that the statement had makes its own refusal of it.
    """

    def __init__(self, part: str, came: object, expected: str = "") -> None:
        super().__init__(str(came) if part in {"form", "signature"} else f"{part} {came}")
        self.part = part
        self.came = came
        self.expected = expected
