"""How the passwords of tests are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Argon2 as in production, with the least work: tests that guess passwords would wait for minutes."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
