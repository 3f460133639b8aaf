"""A site + a simulated world + a seed, as TOML, and the catalogue. Loads on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rampart.scenario.loader import Scenario, catalogue, check, load

__all__ = ["Scenario", "catalogue", "check", "load"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from rampart.scenario import loader

        return getattr(loader, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
