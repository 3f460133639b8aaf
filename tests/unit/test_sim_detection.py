"""The detector's statistics against tables, an independent quadrature, an approximation and dice."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from scipy import special, stats

from rampart.sim import probability_of_detection, required_snr_db
from rampart.sim.detection import draw_statistic, threshold
from rampart.sim.draws import stream


@pytest.mark.parametrize(
    ("pfa", "snr_db", "swerling", "pd"),
    [
        (1e-8, 13.0, 0, 0.6287), (1e-8, 13.0, 5, 0.6287), (1e-8, 11.0, 0, 0.1683),
        (1e-4, 16.0, 1, 0.7980), (1e-4, 16.0, 2, 0.7980), (1e-4, 6.8, 1, 0.2036),
        (1e-4, 6.8, 2, 0.2036), (1e-4, 15.2, 3, 0.8846), (1e-4, 15.2, 4, 0.8846),
        (1e-4, 6.8, 3, 0.1931), (1e-4, 6.8, 4, 0.1931),
    ],
)  # fmt: skip
def test_single_look_table(pfa: float, snr_db: float, swerling: int, pd: float) -> None:
    assert probability_of_detection(snr_db, pfa, 1, swerling) == pytest.approx(pd, abs=2e-4)


@pytest.mark.parametrize(
    ("pulses", "swerling", "half", "nine_tenths"),
    [
        (1, 0, 11.243, 13.183), (1, 1, 12.772, 21.144), (1, 2, 12.772, 21.144),
        (1, 3, 11.954, 17.296), (1, 4, 11.954, 17.296), (10, 0, 3.651, 5.267),
        (10, 1, 5.187, 13.500), (10, 2, 3.771, 6.292), (10, 3, 4.365, 9.601), (10, 4, 3.707, 5.806),
    ],
)  # fmt: skip
def test_required_snr_table(pulses: int, swerling: int, half: float, nine_tenths: float) -> None:
    assert required_snr_db(0.5, 1e-6, pulses, swerling) == pytest.approx(half, abs=1e-3)
    assert required_snr_db(0.9, 1e-6, pulses, swerling) == pytest.approx(nine_tenths, abs=1e-3)


def test_fixed_points() -> None:
    pd = probability_of_detection([10.0, 13.0, 20.0], 1e-6, 1, 1)
    np.testing.assert_allclose(pd, [0.284804, 0.517178, 0.872156], atol=1e-6)
    assert required_snr_db(0.9, 1e-6, 1, 0) == pytest.approx(13.18349005679, abs=1e-8)


def test_closed_forms() -> None:
    snr = 10 ** (np.array([0.0, 6.0, 12.0, 25.0]) / 10)
    one_look = probability_of_detection(10 * np.log10(snr), 1e-5, 1, 1)
    np.testing.assert_allclose(one_look, 1e-5 ** (1 / (1 + snr)), rtol=1e-9)
    sw2 = probability_of_detection(10 * np.log10(snr), 1e-5, 8, 2)
    level = special.gammainccinv(8, 1e-5)
    np.testing.assert_allclose(sw2, special.gammaincc(8, level / (1 + snr)), rtol=1e-9)


@pytest.mark.parametrize("swerling", [1, 2, 3, 4])
@pytest.mark.parametrize("pulses", [1, 3, 10, 40])
def test_fluctuating_targets_equal_a_quadrature_over_their_power(
    pulses: int, swerling: int
) -> None:
    shape = {1: 1.0, 2: pulses, 3: 2.0, 4: 2.0 * pulses}[swerling]
    nodes, weights = np.polynomial.legendre.leggauss(24)
    for pfa, snr_db in ((1e-4, 3.0), (1e-6, 8.0), (1e-8, 18.0)):
        level = special.gammainccinv(pulses, pfa)
        scale = pulses * 10 ** (snr_db / 10) / shape
        top = stats.gamma.isf(1e-15, shape, scale=scale)
        edges = np.unique(np.concatenate([np.linspace(0, min(3 * level + 60, top), 200),
                                          np.geomspace(1.0, top, 200)]))  # fmt: skip
        edges = edges[edges <= top]
        half = np.diff(edges)[:, None] / 2
        x = edges[:-1, None] + half * (nodes + 1)
        integrand = stats.gamma.pdf(x, shape, scale=scale) * stats.ncx2.sf(
            2 * level, 2 * pulses, 2 * x
        )
        expected = float((half * weights * integrand).sum())
        got = probability_of_detection(snr_db, pfa, pulses, swerling)
        assert got == pytest.approx(expected, abs=1e-6)


def shnidman_db(pd: float, pfa: float, n: int, swerling: int) -> float:
    """Shnidman's equation (IEEE Trans. AES 38, 2002): an approximation, good to some tenths of a dB."""
    eta = math.sqrt(-0.8 * math.log(4 * pfa * (1 - pfa)))
    eta += math.copysign(math.sqrt(max(-0.8 * math.log(4 * pd * (1 - pd)), 0.0)), pd - 0.5)
    x = eta * (eta + 2 * math.sqrt(n / 2 - 0.25))
    k = {0: math.inf, 1: 1, 2: n, 3: 2, 4: 2 * n}[swerling]
    c_db = (((17.7006 * pd - 18.4496) * pd + 14.5339) * pd - 3.525) / k
    if pd > 0.872:
        slope = 0.7 * math.log(1e-5 / pfa) + (2 * n - 20) / 80
        c_db += (math.exp(27.31 * pd - 25.14) + (pd - 0.8) * slope) / k
    return c_db + 10 * math.log10(x / n)


@pytest.mark.parametrize("swerling", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("pulses", [1, 10])
def test_shnidman_is_near(pulses: int, swerling: int) -> None:
    for pd in (0.5, 0.9):
        near = shnidman_db(pd, 1e-6, pulses, swerling)
        assert required_snr_db(pd, 1e-6, pulses, swerling) == pytest.approx(near, abs=0.3)


@pytest.mark.parametrize(
    ("pulses", "swerling"), [(1, 1), (10, 1), (10, 0), (10, 2), (6, 3), (6, 4)]
)
def test_drawn_looks_detect_as_often_as_computed(pulses: int, swerling: int) -> None:
    looks, pfa = 100_000, 1e-4
    snr_db = required_snr_db(0.7, pfa, pulses, swerling)
    snr = np.full(looks, 10 ** (snr_db / 10))
    y = draw_statistic(snr, pulses, swerling, stream(pulses, "test", str(swerling)))
    share = float(np.mean(y > threshold(pfa, pulses)))
    assert abs(share - 0.7) < 3 * math.sqrt(0.7 * 0.3 / looks)


@pytest.mark.parametrize("bad", [{"pfa": 0.0}, {"pfa": 1.5}, {"pulses": 0}, {"swerling": 7}])
def test_nonsense_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        probability_of_detection(10.0, **({"pfa": 1e-6} | bad))


@pytest.mark.parametrize("pulses", [1, 7, 64])
@pytest.mark.parametrize("pfa", [1e-3, 1e-6, 1e-10])
def test_the_sums_are_those_of_scipy(pulses: int, pfa: float) -> None:
    level = threshold(pfa, pulses)
    for snr_db in (-40.0, -10.0, 0.0, 8.0, 15.0, 30.0, 60.0):
        snr = 10.0 ** (snr_db / 10.0)
        steady = stats.ncx2.sf(2.0 * level, 2 * pulses, 2.0 * pulses * snr)
        assert probability_of_detection(snr_db, pfa, pulses, 0) == pytest.approx(steady, abs=1e-11)
        for swerling, shape in ((1, 1.0), (2, pulses), (3, 2.0), (4, 2.0 * pulses)):
            k = np.arange(int(level + 12.0 * math.sqrt(level)) + 60)
            p = stats.nbinom.pmf(k, shape, 1.0 / (1.0 + pulses * snr / shape))
            pd = 1.0 - (p * special.gammainc(pulses + k, level)).sum()
            assert probability_of_detection(snr_db, pfa, pulses, swerling) == pytest.approx(
                pd, abs=1e-11
            )


def test_a_run_does_not_wait_for_the_heavy_half_of_scipy() -> None:
    code = "import rampart.sim.simulate, sys; print({'scipy.stats', 'scipy.optimize'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
