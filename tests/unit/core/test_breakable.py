"""Where tags of events and addresses may break."""

import pytest

from authsvc.core.templatetags.visor import breakable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("oidc:client:registered", "oidc:<wbr>client:<wbr>registered"),
        ("ada@mail.example", "ada@<wbr>mail.<wbr>example"),
        ("https://ada.example/a-b", "https://<wbr>ada.<wbr>example/<wbr>a-b"),
        ("", ""),
        (":", ":"),
        ("<b>:&", "&lt;b&gt;:<wbr>&amp;"),
    ],
)
def test_text_breaks_after_punctuation_and_stays_text(text: str, shown: str) -> None:
    assert breakable(text) == shown
