"""Seeded randomness that does not depend on call order: one counter-based stream for each purpose.

The key of a stream is a hash of (seed, entity, purpose), so adding an entity, or asking in another
order, changes no other entity's draws.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *words: str) -> np.random.Generator:
    """The generator (Philox 4x64) of this seed, entity and purpose."""
    name = "\x1f".join((str(seed), *words)).encode()
    key = np.frombuffer(hashlib.blake2b(name, digest_size=16).digest(), "<u8")
    return np.random.Generator(np.random.Philox(key=key))
