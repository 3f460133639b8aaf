"""JSON Schemas of `site.toml` and `scenario.toml`, for editors that complete and check while one types.

`python -m rampart.scenario.schema` writes them anew after a form has changed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

import rampart.site
from rampart.scenario.form import ScenarioForm
from rampart.site.form import SiteForm

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[Path, str]:
    """The text of each schema by the path where it ships."""
    homes = {
        Path(str(rampart.site.__file__)).parent / "site.schema.json": SiteForm,
        Path(__file__).parent / "scenario.schema.json": ScenarioForm,
    }
    return {path: _text(form) for path, form in homes.items()}


def _text(form: type[Any]) -> str:
    schema = {"$schema": _DIALECT, "title": form.__name__, **msgspec.json.schema(form)}
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for home, text in schemas().items():
        home.write_text(text, encoding="utf-8")
