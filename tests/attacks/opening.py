"""A person's reference, opened as only a worker with what their phone sends can."""

from devtools.phone.phone import Person
from devtools.stack.stack import Stack

_OPEN = """
from authsvc.protection.base import Share
from authsvc.protection.registry import PROTECTIONS
from authsvc.subjects.models import Subject
from authsvc.vault.lifecycle import model_of
person = Subject.objects.get(name={name!r})
device, protection = person.devices.get(), PROTECTIONS[model_of(person.reference)]
kind = protection.requests(device) or ""
given = Share(bytes.fromhex({share!r}) if kind else b"", kind, tuple(map(bytes.fromhex, {bundles!r})))
opened = protection.open(subject=person, device=device, share=given)
print(json.dumps(opened[0].hex()))
"""


def bundles_of(person: Person) -> list[bytes]:
    """Return what the person's phone keeps of references."""
    held = person.authenticator.credentials
    return [each for credential in held for kept in credential.bundles.values() for each in kept]


def template_of(stack: Stack, name: str, share: bytes, bundles: list[bytes]) -> bytes:
    """Return the template of somebody with one passkey; their model has to keep one."""
    code = _OPEN.format(name=name, share=share.hex(), bundles=[each.hex() for each in bundles])
    return bytes.fromhex(stack.python(code))


def pieces(name: str, content: bytes, length: int) -> dict[str, bytes]:
    """Return a piece of the middle to search for, by its name; none of what is too short to have one."""
    middle = len(content) // 2
    found = content[middle : middle + length]
    return {name: found} if len(found) == length else {}
