"""The same seed gives the same bytes; one thing more changes nothing of the others."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rampart import scenario
from rampart.domain.frames import enu_from_polar, sensor_axes
from rampart.sim.draws import stream
from rampart.sim.simulate import Simulated, simulate
from rampart.sim.world import Traffic, World


def fingerprint(run: Simulated) -> str:
    body = msgspec.msgpack.encode(list(run.messages)) + run.truth.sample_enu_m.tobytes()
    return hashlib.sha256(body).hexdigest()


@given(st.integers(0, 2**63 - 1), st.text(max_size=20), st.text(max_size=20))
def test_a_stream_depends_on_its_words_alone(seed: int, entity: str, purpose: str) -> None:
    first = stream(seed, entity, purpose).random(3)
    np.testing.assert_array_equal(first, stream(seed, entity, purpose).random(3))
    assert not np.array_equal(first, stream(seed, entity, purpose + "x").random(3))
    assert not np.array_equal(first, stream(seed, entity + "x", purpose).random(3))
    assert not np.array_equal(first, stream(seed ^ 1, entity, purpose).random(3))


def test_same_seed_same_bytes_other_seed_other_bytes() -> None:
    world = scenario.load("mixed-saturation").world
    short = msgspec.structs.replace(world, duration_s=140.0)
    assert fingerprint(simulate(short, 5)) == fingerprint(simulate(short, 5))
    assert fingerprint(simulate(short, 5)) != fingerprint(simulate(short, 6))


def test_the_bytes_do_not_depend_on_the_hash_seed_of_the_process() -> None:
    code = (
        "import hashlib, msgspec; from rampart import scenario;"
        "m = list(scenario.load('one-mortar', 9).messages());"
        "print(hashlib.sha256(msgspec.msgpack.encode(m)).hexdigest())"
    )
    seen = set()
    for word in ("0", "77"):
        env = os.environ | {"PYTHONHASHSEED": word}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, check=True, capture_output=True
        )
        seen.add(done.stdout)
    assert len(seen) == 1


def plots_of(run: Simulated, ident: str) -> np.ndarray:
    return run.truth.plot_t_ns[run.truth.plot_object == run.truth.ids.index(ident)]


def rows_of_others(run: Simulated, world: World, words: tuple[str, ...]) -> bytes:
    """All delivered rows but those of objects whose id starts with one of `words`."""
    rows = {s.id: [] for s in world.site.sensors}
    for message in run.messages:
        if type(message).__name__ == "PlotBatch":
            rows[message.sensor].append(message.rows)
    kept = b""
    for i, sensor in enumerate(run.truth.sensors):
        mine = run.truth.plot_object[run.truth.plot_sensor == i]
        named = [o >= 0 and run.truth.ids[o].startswith(words) for o in mine]
        kept += np.concatenate(rows[sensor])[~np.array(named, bool)].tobytes()
    return kept


def test_one_more_entity_leaves_the_others_as_they_were() -> None:
    loaded = scenario.load("green-village", seed=3)
    more = msgspec.structs.replace(
        loaded.world, traffic=(Traffic(id="extra", class_id="bird", count=5, radius_m=3000.0),)
    )
    before, after = simulate(loaded.world, 3), simulate(more, 3)
    for ident in before.truth.ids:
        np.testing.assert_array_equal(plots_of(before, ident), plots_of(after, ident))
    assert len(after.truth.plot_t_ns) > len(before.truth.plot_t_ns)
    assert rows_of_others(before, loaded.world, ("extra",)) == rows_of_others(
        after, more, ("extra",)
    )


def test_one_more_round_leaves_the_earlier_rounds_as_they_were() -> None:
    world = scenario.load("green-village", seed=3).world
    longer = msgspec.structs.replace(world.salvos[0], rounds=9)
    before = simulate(world, 3).truth
    after = simulate(msgspec.structs.replace(world, salvos=(longer,)), 3).truth
    assert after.ids[:8] == before.ids
    np.testing.assert_allclose(after.impact_enu_m[:8], before.impact_enu_m, atol=1e-6)


def test_the_truth_of_every_plot_names_the_object_that_was_there() -> None:
    loaded = scenario.load("mixed-saturation", seed=2)
    run = simulate(msgspec.structs.replace(loaded.world, duration_s=170.0), 2)
    truth = run.truth
    # rows of each sensor, in order of delivery, are the truth's plots of that sensor

    for i, sensor in enumerate(loaded.site.sensors):
        rows = np.concatenate(
            [m.rows for m in run.messages if getattr(m, "data", None) and m.sensor == sensor.id]
        )
        mine = truth.plot_sensor == i
        np.testing.assert_array_equal(truth.plot_t_ns[mine], rows["t_event_ns"])
        axes, position = sensor_axes(loaded.site, sensor)
        measured = (
            position
            + enu_from_polar(rows["range_m"], rows["azimuth_rad"], rows["elevation_rad"]) @ axes.T
        )
        cause = truth.plot_object[mine]
        for k in np.unique(cause[cause >= 0]):
            part = truth.samples(int(k))
            t = rows["t_event_ns"][cause == k]
            there = np.stack(
                [
                    np.interp(t, truth.sample_t_ns[part], truth.sample_enu_m[part, j])
                    for j in range(3)
                ],
                axis=1,
            )
            off = np.linalg.norm(measured[cause == k] - there, axis=1)
            slant = rows["range_m"][cause == k]
            assert (off < 110.0 + 0.03 * slant).all()
