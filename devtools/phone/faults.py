"""What can be told to go wrong: a fault for each step of the Annex A sequence (SA-01).

The software phone makes most of them by itself. Some need a relying party that pushes its request and holds
keys (`Way.PUSHED`), others a sign-in that a desk hands on to the phone (`Way.HANDED_ON`), or one whose face
the phone itself compares (`Way.COMPARED`).
"""

from __future__ import annotations

from enum import Enum


class Way(Enum):
    """In which sign-ins a fault can be made."""

    ANY = "any"
    PUSHED = "pushed"
    HANDED_ON = "handed on"
    COMPARED = "compared on the phone"


class Fault(Enum):
    """A fault's name and the step of the sequence at which it happens; every one must end in a denial."""

    FOREIGN_REDIRECT = ("foreign-redirect", 1)
    """Asks the provider to send the code to another site."""
    FOREIGN_CLIENT_KEY = ("foreign-client-key", 1, Way.PUSHED)
    """Signs the relying party's assertion with a key that nobody registered."""
    UNREACHABLE_LEVEL = ("unreachable-level", 1, Way.PUSHED)
    """Demands a level that nobody can reach here."""
    FOREIGN_REQUEST = ("foreign-request", 2, Way.PUSHED)
    """Brings the pushed request under another relying party's name."""
    WRONG_NUMBER = ("wrong-number", 2, Way.HANDED_ON)
    """Types another number on the phone than the desk shows."""
    SKIPPED_NUMBER = ("skipped-number", 2, Way.HANDED_ON)
    """Goes on at the phone without the desk's number."""
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
    UNATTESTED = ("unattested", 4, Way.COMPARED)
    """Asks for the reference as a program that nothing vouches for, as a page is one."""
    DECLINED = ("declined", 5)
    """The person leaves instead of tapping."""
    FOREIGN_SEAL = ("foreign-seal", 6)
    """Seals the sample to a key of its own."""
    SECOND_FETCH = ("second-fetch", 6, Way.COMPARED)
    """Fetches the reference that it was sent a second time."""
    SKIPPED_RELEASE = ("skipped-release", 6, Way.COMPARED)
    """Asks for a challenge without having been sent the reference."""
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
    FOREIGN_CHAIN = ("foreign-chain", 7, Way.COMPARED)
    """Says that it compared other pictures than it sends."""
    FOREIGN_ENGINE = ("foreign-engine", 7, Way.COMPARED)
    """Says that it compared by an engine that nobody measured."""
    FOREIGN_VERSION = ("foreign-version", 7, Way.COMPARED)
    """Says that it compared with another version of the reference."""
    FOREIGN_RESULT_KEY = ("foreign-result-key", 7, Way.COMPARED)
    """Signs its result with a key that nothing vouches for."""
    NO_RESULT = ("no-result", 7, Way.COMPARED)
    """Sends the pictures, and no result."""
    REPLAYED_UPLOAD = ("replayed-upload", 8)
    """Sends the sealed sample of an earlier sign-in."""
    DOUBLE_UPLOAD = ("double-upload", 8)
    """Sends its sample twice."""
    EARLY_UPLOAD = ("early-upload", 8)
    """Sends its sample before anybody can have followed the cues."""
    LATE_UPLOAD = ("late-upload", 8)
    """Sends its sample after the challenge ran out."""
    WRONG_SHARE = ("wrong-share", 9)
    """Gives the worker a share that opens nothing, also where none is asked for."""
    OWN_BUNDLE = ("own-bundle", 9)
    """Sends a sealed reference of its own making."""
    NO_VERDICT = ("no-verdict", 10)
    """Goes on without waiting for the verdict."""
    UNASKED_FETCH = ("unasked-fetch", 10)
    """Asks for something to keep once the verdict is there."""
    STOLEN_VERDICT = ("stolen-verdict", 11)
    """Another browser goes on with the verdict."""
    REPLAYED_CODE = ("replayed-code", 12)
    """Another browser brings the code to the relying party a second time."""
    FOREIGN_VERIFIER = ("foreign-verifier", 12, Way.PUSHED)
    """Redeems the code without the secret that the request was made with."""
    FOREIGN_PROOF_KEY = ("foreign-proof-key", 12, Way.PUSHED)
    """Redeems the code with another DPoP key than the request was pushed with."""
    NO_PROOF = ("no-proof", 12, Way.PUSHED)
    """Redeems the code without a DPoP proof."""
    REUSED_TRANSACTION = ("reused-transaction", 13)
    """Uploads again into the finished transaction."""

    def __init__(self, label: str, step: int, way: Way = Way.ANY) -> None:
        self.label = label
        self.step = step
        self.way = way

    @classmethod
    def named(cls, label: str) -> Fault:
        """Return the fault with this label; raises ValueError, naming the ones there are."""
        for fault in cls:
            if fault.label == label:
                return fault
        raise ValueError(f"no fault {label!r}; there are {', '.join(fault.label for fault in cls)}")
