"""Seed random draws by name: a draw depends on its key and on nothing else.

A key is a tuple such as ``("row order", study_seed, run)``. Two draws with the same key are equal on
every machine. Adding a trait, an arm or a process changes no key, and so no draw.
"""

import hashlib

import numpy as np


def seed(*key: str | int) -> int:
    """A 63-bit seed from a key: the first bits of the SHA-256 of its parts and their types."""
    text = "\x1f".join(f"str:{part}" if isinstance(part, str) else f"int:{int(part)}" for part in key)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(*key: str | int) -> np.random.Generator:
    """A NumPy generator (counter-based Philox), seeded by ``key``."""
    return np.random.Generator(np.random.Philox(seed(*key)))
