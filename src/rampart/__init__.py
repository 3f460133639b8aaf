"""Rampart: open sense-and-warn against rockets, artillery, mortars and drones.

The public names load on first use, so that `import rampart` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rampart.cli.api import Result as Result
    from rampart.cli.api import run as run
    from rampart.domain.errors import CapabilityError as CapabilityError
    from rampart.domain.errors import ConfigError as ConfigError
    from rampart.domain.errors import FeedError as FeedError
    from rampart.domain.errors import UsageError as UsageError
    from rampart.domain.messages import KnownTrack as KnownTrack
    from rampart.domain.messages import OperatorAction as OperatorAction
    from rampart.domain.messages import Plot as Plot
    from rampart.domain.messages import PlotBatch as PlotBatch
    from rampart.domain.messages import Tick as Tick
    from rampart.domain.messages import Weather as Weather
    from rampart.domain.messages import ZoneState as ZoneState
    from rampart.domain.site import Sensor as Sensor
    from rampart.domain.site import Site as Site
    from rampart.domain.site import Zone as Zone
    from rampart.engine.engine import Engine as Engine
    from rampart.site import load_site as load_site

__version__ = "0.1.0"

_HOMES = {
    "rampart.cli.api": ("Result", "run"),
    "rampart.domain.errors": ("CapabilityError", "ConfigError", "FeedError", "UsageError"),
    "rampart.domain.messages": (
        "KnownTrack", "OperatorAction", "Plot", "PlotBatch", "Tick", "Weather", "ZoneState",
    ),
    "rampart.domain.site": ("Sensor", "Site", "Zone"),
    "rampart.engine.engine": ("Engine",),
    "rampart.site": ("load_site",),
}  # fmt: skip
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_ROOMS = ("kernels", "metrics", "sim")
__all__ = [  # noqa: PLE0604 (strings all, gathered from the table)
    *_HOME_OF,
    *_ROOMS,
    "__version__",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(importlib.import_module(_HOME_OF[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"rampart.{name}")
    raise AttributeError(f"module 'rampart' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
