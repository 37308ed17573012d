"""What the software desk reads from a code."""

import pytest

from authsvc.core.qr import qr_svg
from devtools.phone.desk import read_code


@pytest.mark.parametrize("length", [22, 90])
def test_it_reads_the_address_in_a_code(length: int) -> None:
    address = f"https://sign-in.example/t/harbour/handoff/{'a' * length}/"
    assert read_code(qr_svg(address)) == address


def test_what_is_no_code_is_told() -> None:
    for drawn in ("<svg></svg>", '<svg viewBox="0 0 9 9"><path d="M2 2.5h3"/></svg>'):
        with pytest.raises(ValueError, match="code"):
            read_code(drawn)
