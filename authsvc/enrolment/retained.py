"""How long the tables of this room keep their rows (core/retention.py)."""

from datetime import timedelta

from authsvc.core.retention import Kept, Swept

ROWS = (
    Swept(
        "enrolment_enrolmentlink",
        "expires_at",
        timedelta(days=30),
        "an administrator sees for a month what became of a link that lived for a day at most",
    ),
    Swept(
        "enrolment_peopleimport",
        "made_at",
        timedelta(days=7),
        "an administrator sees for a week what became of a table of people; its lines go with it",
        takes={"enrolment_importline": "table_id"},
    ),
    Kept("enrolment_importline", "as the table of people that it is a line of"),
    Kept("enrolment_recoverycodes", "until the last is used, new ones are made, or the person is closed"),
)
