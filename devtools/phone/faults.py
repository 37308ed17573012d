"""What the software phone can be told to do wrong: a fault for each step of the Annex A sequence (SA-01)."""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    """A fault's name and the step of the sequence at which it happens; every one must end in a denial."""

    FOREIGN_REDIRECT = ("foreign-redirect", 1)
    """Asks the provider to send the code to another site."""
    FOREIGN_BROWSER = ("foreign-browser", 2)
    """Loses the cookie that ties the transaction to one browser."""
    UNKNOWN_TRANSACTION = ("unknown-transaction", 3)
    """Makes up a transaction."""
    NO_DEVICE_KEY = ("no-device-key", 4)
    """Has the right face, but a passkey that nobody enrolled."""
    WRONG_ORIGIN = ("wrong-origin", 4)
    """Signs the device proof for another site's page, as a phishing proxy would make it."""
    SKIPPED_PROOF = ("skipped-proof", 4)
    """Asks for a challenge before proving the device key."""
    DECLINED = ("declined", 5)
    """The person leaves instead of tapping."""
    FOREIGN_SEAL = ("foreign-seal", 6)
    """Seals the sample to a key of its own."""
    WRONG_FACE = ("wrong-face", 7)
    """Shows another person's face."""
    STILL_FACE = ("still-face", 7)
    """Does not follow the cues."""
    SWAPPED_FACE = ("swapped-face", 7)
    """Shows another person first, and the right one from half way on."""
    FOREIGN_SESSION_KEY = ("foreign-session-key", 7)
    """Signs the frame chain with a key that the device proof does not cover."""
    DROPPED_FRAME = ("dropped-frame", 7)
    """Leaves a frame out after the chain was signed."""
    REORDERED_FRAMES = ("reordered-frames", 7)
    """Swaps two frames after the chain was signed."""
    TRUNCATED_IMAGE = ("truncated-image", 7)
    """Cuts a frame's file in half."""
    REPLAYED_UPLOAD = ("replayed-upload", 8)
    """Sends the sealed sample of an earlier sign-in."""
    DOUBLE_UPLOAD = ("double-upload", 8)
    """Sends its sample twice."""
    EARLY_UPLOAD = ("early-upload", 8)
    """Sends its sample before anybody can have followed the cues."""
    LATE_UPLOAD = ("late-upload", 8)
    """Sends its sample after the challenge ran out."""
    WRONG_SHARE = ("wrong-share", 9)
    """Gives the worker a share that opens nothing."""
    NO_VERDICT = ("no-verdict", 10)
    """Goes on without waiting for the verdict."""
    STOLEN_VERDICT = ("stolen-verdict", 11)
    """Another browser goes on with the verdict."""
    REPLAYED_CODE = ("replayed-code", 12)
    """Another browser brings the code to the relying party a second time."""
    REUSED_TRANSACTION = ("reused-transaction", 13)
    """Uploads again into the finished transaction."""

    def __init__(self, label: str, step: int) -> None:
        self.label = label
        self.step = step

    @classmethod
    def named(cls, label: str) -> Fault:
        """Return the fault with this label; raises ValueError, naming the ones there are."""
        for fault in cls:
            if fault.label == label:
                return fault
        raise ValueError(f"no fault {label!r}; there are {', '.join(fault.label for fault in cls)}")
