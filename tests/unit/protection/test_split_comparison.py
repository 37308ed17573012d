"""Why no comparison is split between phone and server under encryption (docs/adr/0470).

The worker of these tests does what the design had it do, with the library that was to do it: Microsoft SEAL,
as TenSEAL binds it for Python and node-seal for a page. Whoever writes the page's part is the attacker: they
have the passkey and its share, and want the reference, or to pass with a face of their own.
"""

import struct
from pathlib import Path

import numpy as np
import pytest
from tenseal import sealapi as seal

DEGREE, FEATURES, SCALE = 4096, 128, 64
FINER = 24
"""Bits by which the attacker divides a step of the plain modulus that was agreed on."""
LOUD = 16
"""Where in such a step their probe lies: above the noise of encryption and far below a step."""
THRESHOLD = 0.548
LEVEL = seal.SEC_LEVEL_TYPE.TC128
AGREED = seal.PlainModulus.Batching(DEGREE, 20)
STEP = 1 << FINER


def context(plain_modulus: seal.Modulus) -> seal.SEALContext:
    """Return parameters that SEAL calls valid, of 128 bits of security."""
    parameters = seal.EncryptionParameters(seal.SCHEME_TYPE.BFV)
    parameters.set_poly_modulus_degree(DEGREE)
    parameters.set_coeff_modulus(seal.CoeffModulus.BFVDefault(DEGREE, LEVEL))
    parameters.set_plain_modulus(plain_modulus)
    return seal.SEALContext(parameters, True, LEVEL)


class Worker:
    """Multiplies an encrypted probe by a reference, and masks each value by a number of its own."""

    def __init__(self, reference: np.ndarray) -> None:
        self.context = context(AGREED)
        self.encoder = seal.BatchEncoder(self.context)
        self.reference = seal.Plaintext()
        values = np.rint(reference * SCALE).astype(int) % AGREED.value()
        self.encoder.encode([int(value) for value in values] + [0] * (DEGREE - FEATURES), self.reference)

    def answer(self, probe: seal.Ciphertext) -> seal.Ciphertext:
        evaluator, answer, mask = (
            seal.Evaluator(self.context),
            seal.Ciphertext(self.context),
            seal.Plaintext(),
        )
        evaluator.multiply_plain(probe, self.reference, answer)
        drawn = np.random.default_rng().integers(AGREED.value(), size=DEGREE)
        self.encoder.encode([int(value) for value in drawn], mask)
        evaluator.add_plain_inplace(answer, mask)
        return answer


def handed_over(ciphertext: seal.Ciphertext, to: seal.SEALContext, file: Path) -> seal.Ciphertext:
    """Return the same ciphertext as one of other parameters, whose id stands at its head.

    SEAL's file: a header, the parameters' id, form, sizes and scales, and the coefficients behind another
    header. A program writes what it likes there; SEAL checks that each coefficient is below its modulus.
    """
    primes = seal.CoeffModulus.BFVDefault(DEGREE, LEVEL)[:-1]
    count = ciphertext.size() * DEGREE * len(primes)
    held = struct.pack(f"<Q{count}Q", count, *map(ciphertext.dyn_array().at, range(count)))
    sizes = struct.pack(
        "<4Q?3QdQ", *to.first_parms_id(), False, ciphertext.size(), DEGREE, len(primes), 1.0, 1
    )
    file.write_bytes(headed(sizes + headed(held)))
    found = seal.Ciphertext(to)
    found.load(to, str(file))
    return found


def headed(content: bytes) -> bytes:
    """Return something with SEAL's header: magic, its size, version 4.3, not compressed, the whole size."""
    return struct.pack("<H4BHQ", 0xA15E, 16, 4, 3, 0, 0, 16 + len(content)) + content


def test_a_page_of_ones_own_reads_the_reference_from_one_masked_answer(tmp_path: Path) -> None:
    reference = unit(np.random.default_rng(7).normal(size=FEATURES))
    worker = Worker(reference)
    own = context(seal.Modulus(AGREED.value() << FINER))
    keys, public, sent = seal.KeyGenerator(own), seal.PublicKey(), seal.Ciphertext(own)
    keys.create_public_key(public)
    seal.Encryptor(own, public).encrypt(seal.Plaintext(f"{LOUD:x}"), sent)

    answer = worker.answer(handed_over(sent, worker.context, tmp_path / "probe"))

    plain = seal.Plaintext()
    seal.Decryptor(own, keys.secret_key()).decrypt(handed_over(answer, own, tmp_path / "answer"), plain)
    # The masks are whole steps; what lies within one is the reference, as often as the probe is loud.
    within = [plain.data(place) % STEP for place in range(plain.coeff_count())]
    signed = [value - STEP if value >= STEP // 2 else value for value in within]
    read = [round(value / LOUD) % AGREED.value() for value in signed]
    assert read == [worker.reference.data(place) for place in range(DEGREE)]


def test_a_strangers_features_pass_where_they_are_multiplied() -> None:
    """Nothing in encrypted features says how long they are; nor does their length, by the same modulus.

    A vector longer than it may be by a factor whose square is 1 more than a multiple of the modulus has the
    right length by it, and all it needs of likeness is the threshold divided by the factor.
    """
    factor = float(np.sqrt(1 + AGREED.value() / SCALE**2))
    assert (factor * SCALE) ** 2 % AGREED.value() == pytest.approx(SCALE**2)
    drawn = np.random.default_rng(11)
    likeness = np.array([unit(one) @ unit(other) for one, other in drawn.normal(size=(20_000, 2, FEATURES))])
    assert not np.any(likeness >= THRESHOLD)
    assert np.mean(likeness * 1000 >= THRESHOLD) > 0.45
    assert np.mean((likeness * factor >= THRESHOLD) & (likeness * factor <= 1)) > 0.08


def unit(vector: np.ndarray) -> np.ndarray:
    """Return a vector of length 1."""
    return vector / np.linalg.norm(vector)
