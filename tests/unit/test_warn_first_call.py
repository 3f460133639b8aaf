"""What the rules know of coverage at their very first call, when nothing has changed yet."""

from __future__ import annotations

import pytest

from rampart.engine.warn import Warner
from warn_stage import Stage, falling, ns


@pytest.mark.parametrize("restored", [False, True])
def test_a_zone_that_never_had_cover_counts_as_degraded_from_the_start(restored: bool):
    threat = falling(1, 1.0, 640.0, 60.0, sigma_m=60.0)  # only the wider radius reaches it
    stage = Stage()
    guarded, bare = Warner(stage.site, True), Warner(stage.site, True)
    guarded.advance(ns(0.0), ("A", "B"), 0)
    bare.advance(ns(0.0), (), 0)
    if restored:
        state, bare = bare.state(), Warner(stage.site, True)
        bare.load(state)
    assert not guarded.decide(ns(1.0), [threat], ("A", "B"), 1)
    rows = bare.decide(ns(1.0), [threat], (), 1)
    assert [row.phase for row in rows if row.zone == "A"] == ["warn"]
