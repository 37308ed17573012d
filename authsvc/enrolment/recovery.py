"""Recovery codes of people: each opens the making of one new passkey, for who has lost every device.

All codes of a person begin alike, with letters that say whose they are and are no secret: so tries are
counted for a person without anybody's saying who that is. What follows are 80 random bits.
"""

import secrets
from typing import Final

from django.db import transaction as database
from django.utils.translation import gettext_lazy as _

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.core.clock import now
from authsvc.core.errors import Refused
from authsvc.core.recoverycodes import COUNT, digest_of, in_groups, letters_of, new_letters
from authsvc.devices.models import Device
from authsvc.enrolment.models import RecoveryCodes
from authsvc.enrolment.notices import tell_of_codes, tell_of_recovery
from authsvc.limits.limit import give_back_all, spend_all
from authsvc.limits.register import RECOVERY, RECOVERY_ADDRESS
from authsvc.subjects.models import Subject
from authsvc.tenancy.scope import current_tenant_id
from authsvc.transactions.models import Transaction
from authsvc.transactions.records import RecoveryRequest
from authsvc.transactions.services import consume, open_transaction

_BEGINNING_BYTES: Final = 5
_BEGINNING: Final = 8


class WrongCode(Refused):
    """No code, one that was used, or one of a person who is closed: nobody is told which."""

    def __init__(self, *, detail: str) -> None:
        super().__init__(
            "recovery-refused",
            _("This code was not accepted. Check each letter, or use another of your codes."),
            detail=detail,
            status=422,
            tag=Tag.RECOVERY_CODE_REFUSED,
        )


@database.atomic
def make_codes(*, subject: Subject, actor: str, transaction: str = "") -> list[str]:
    """Return fresh codes of a person to show once; those from before open nothing any more."""
    Subject.objects.select_for_update(no_key=True).get(pk=subject.pk)
    replaced = forget_codes(subject)
    beginning = _new_beginning()
    codes = [beginning + new_letters() for _ in range(COUNT)]
    RecoveryCodes.objects.create(
        subject=subject, beginning=beginning, digests=[digest_of(code) for code in codes], made_at=now()
    )
    record(
        Tag.RECOVERY_CODES_MADE,
        actor=actor,
        transaction=transaction,
        subject=str(subject.pk),
        count=COUNT,
        replaced=replaced,
    )
    return [in_groups(code) for code in codes]


def make_codes_anew(*, subject: Subject, actor: str) -> list[str]:
    """Return fresh codes like `make_codes`, and tell the person: whoever holds them comes in."""
    codes = make_codes(subject=subject, actor=actor)
    tell_of_codes(subject)
    return codes


def forget_codes(subject: Subject) -> bool:
    """Let no code of a person open anything any more; False where there was none."""
    found = RecoveryCodes.objects.unchecked().filter(subject=subject).first()
    if found is not None:
        found.delete()
    return found is not None


def codes_of(subject: Subject) -> RecoveryCodes | None:
    """Return the person's codes, None where there are none."""
    return RecoveryCodes.objects.filter(subject=subject).first()


def open_recovery(
    *, code: str, revoke: bool, address: str, browser_key: str, continue_path: str
) -> Transaction:
    """Use up a code, and open the making of one passkey in the browser with that key.

    `revoke` says whether the person's other passkeys end when it is made; `address` is whom tries are counted
    for, beside the person; `continue_path` is as in `open_transaction`. Raises WrongCode, and TooMany before
    the code is looked at.
    """
    letters = letters_of(code)
    costs = ((RECOVERY_ADDRESS, address), (RECOVERY, f"{current_tenant_id()} {letters[:_BEGINNING]}"))
    spend_all(*costs)
    with database.atomic():
        subject, left = _use(letters)
        row = open_transaction(
            kind=Transaction.Kind.RECOVER,
            browser_key=browser_key,
            continue_path=continue_path,
            subject=subject,
            request=RecoveryRequest(revoke),
        )
        record(Tag.RECOVERY_CODE_USED, transaction=row.id, subject=str(subject.pk), left=left)
    give_back_all(*costs)
    return row


@database.atomic
def finish_recovery(*, transaction_id: str, browser_key: str | None, at: str) -> tuple[Transaction, Device]:
    """Consume a decided recovery and let the new passkey in, which the person is told of; return both.

    It earns L1 until an enrolment link is followed with it (docs/adr/0305). Raises Refused where there is no
    result.
    """
    transaction = consume(transaction_id, browser_key, at=at)
    device = transaction.device
    if device is None or device.status != Device.Status.PENDING:
        raise Refused("not-bound", _("Please start again."), detail="no new passkey was made", status=409)
    device.status, device.recovered = Device.Status.ACTIVE, True
    device.save(update_fields=["status", "recovered"])
    record(
        Tag.DEVICE_RECOVERED,
        transaction=transaction.id,
        subject=str(device.subject_id),
        device=device.id,
        revokes_others=RecoveryRequest.from_json(transaction.request).revoke,
    )
    tell_of_recovery(device.subject)
    return transaction, device


def _use(letters: str) -> tuple[Subject, int]:
    """Return whose code it is, used up by now, and how many are left; raises WrongCode."""
    held = RecoveryCodes.objects.select_for_update(of=("self",), no_key=True).select_related("subject")
    codes = held.filter(beginning=letters[:_BEGINNING]).first()
    digest = digest_of(letters)
    if codes is None:
        raise WrongCode(detail="nobody’s code begins like this")
    if not any([secrets.compare_digest(digest, kept) for kept in codes.digests]):  # noqa: C419 - all of them
        raise WrongCode(detail=f"no code of person {codes.subject_id} that was not used")
    if codes.subject.status != Subject.Status.ACTIVE:
        raise WrongCode(detail=f"person {codes.subject_id} is {codes.subject.status}")
    codes.digests = [kept for kept in codes.digests if kept != digest]
    codes.save(update_fields=["digests"])
    return codes.subject, codes.left


def _new_beginning() -> str:
    """Return letters with which nobody's codes of the tenant in scope begin yet."""
    while True:
        letters = new_letters(_BEGINNING_BYTES)
        if not RecoveryCodes.objects.unchecked().filter(beginning=letters).exists():
            return letters
