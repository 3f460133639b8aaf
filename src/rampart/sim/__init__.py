"""Seeded worlds: what flies, what a radar sends of it, and the truth apart. Loads on first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rampart.sim.classes import class_ids as class_ids
    from rampart.sim.classes import flying_class as flying_class
    from rampart.sim.detection import probability_of_detection as probability_of_detection
    from rampart.sim.detection import required_snr_db as required_snr_db
    from rampart.sim.simulate import Simulated as Simulated
    from rampart.sim.simulate import simulate as simulate
    from rampart.sim.world import World as World

_HOMES = {
    "class_ids": "classes",
    "flying_class": "classes",
    "probability_of_detection": "detection",
    "required_snr_db": "detection",
    "Simulated": "simulate",
    "simulate": "simulate",
    "World": "world",
}
__all__ = [
    "Simulated",
    "World",
    "class_ids",
    "flying_class",
    "probability_of_detection",
    "required_snr_db",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"rampart.sim.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
