"""The policy that faces are judged by, as far as an administrator changes it."""

from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.policy.services import publish_least_age


@act
def set_least_age(*, by: Actor, age: int) -> bool:
    """Let the face be for people from an age on, in years; False where it was so already.

    The notice says it, so everybody with a face is asked anew before their next capture. Raises ValueError
    for an age that no policy may have, and BrokenPolicy.
    """
    return publish_least_age(age=age, published_by=by.name) is not None
