"""binding_message is short plain text (CIBA Core 1.0 section 7.1)."""

from authsvc.core.visible import is_visible
from authsvc.oidc.requests.refused import backchannel_refused
from authsvc.oidc.requests.wanted import Context
from authsvc.oidc.wire.refusal import RequestRefused

LONGEST = 64


def check(context: Context) -> None:
    """Keep the message, which the person will compare with what the relying party shows."""
    message = context.parameters.get("binding_message", "")
    if len(message) > LONGEST or not message.isprintable() or not is_visible(message):
        raise message_refused(message)
    context.backchannel.binding_message = message


def message_refused(came: object) -> RequestRefused:
    """Return the refusal of a message that cannot be shown."""
    return backchannel_refused(
        "ciba-message",
        error="invalid_binding_message",
        came=came,
        expected=f"at most {LONGEST} printable characters",
    )
