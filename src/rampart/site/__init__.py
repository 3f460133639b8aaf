"""What you deploy, as TOML: `load_site`, and `check` for every fault of a file at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rampart.site.loader import check, load_site

__all__ = ["check", "load_site"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from rampart.site import loader

        return getattr(loader, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
