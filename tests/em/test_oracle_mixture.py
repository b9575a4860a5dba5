"""The NumPy oracle of Gaussian mixtures: against SciPy, derivatives in forty digits, and values computed by hand."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from scipy import stats

from theory.core.bound import U64, gamma
from theory.core.domain import Cases
from theory.em.bounds_mixture import allowance, askable, guess, sizes, weighted
from theory.em.cases_guesses import GUESSES
from theory.em.cases_mixture import MIXTURES, draw_mixture
from theory.em.cases_paths import PATHS, draw_paths, strain
from theory.em.claims_monotone import inside, steady
from theory.em.density import as_full, full_of, log_joint, log_joint_error
from theory.em.oracle_mixture import Mixture, maximised, path, posterior, score
from theory.em.port import COVARIANCES


def drawn(regime: str, lanes: int = 4, seed: int = 1) -> Cases:
    return draw_mixture(np.random.default_rng(seed), {"n": 5, "d": 2, "k": 2}, regime, lanes)


def fitted(regime: str, lanes: int = 8, seed: int = 1, steps: int = 3) -> Cases:
    cases = draw_paths(np.random.default_rng(seed), {"n": 20, "d": 2, "k": 2, "steps": steps}, regime, lanes)
    return cases.take(PATHS.valid(cases))


def mixture_of(cases: Cases) -> Mixture:
    return Mixture(cases["pi"], cases["mu"], cases[str(cases.settings["covariance"])])


@pytest.mark.parametrize("kind", COVARIANCES)
def test_the_log_joint_density_is_scipys(kind: str) -> None:
    cases = drawn(kind)
    full = full_of(cases)

    ours = log_joint(cases["x"], cases["pi"], cases["mu"], full)

    allowed = 2 * log_joint_error(cases["x"], cases["pi"], cases["mu"], full, U64)
    for lane in range(cases.lanes):
        for k in range(2):
            theirs = stats.multivariate_normal(cases["mu"][lane, k], full[lane, k]).logpdf(cases["x"][lane])
            apart = np.abs(ours[lane, :, k] - np.log(cases["pi"][lane, k]) - theirs)
            assert (apart <= allowed[lane, :, k]).all()


def log_likelihood_in_forty_digits(x, weight, pi, mu, full):  # type: ignore[no-untyped-def]
    """ℓ of one problem of two dimensions, every argument a nested list of mpf."""
    total = mpmath.mpf(0)
    for row, count in zip(x, weight, strict=True):
        evidence = mpmath.mpf(0)
        for share, centre, spread in zip(pi, mu, full, strict=True):
            (a, b), (c, d) = spread
            y, z = row[0] - centre[0], row[1] - centre[1]
            det = a * d - b * c
            m = (d * y * y - (b + c) * y * z + a * z * z) / det
            evidence += share * mpmath.exp(-m / 2) / (2 * mpmath.pi * mpmath.sqrt(det))
        total += count * mpmath.log(evidence)
    return total


def test_the_score_is_the_derivative_of_the_log_likelihood_in_every_entry() -> None:
    cases = drawn("full-weighted", lanes=1, seed=3)
    slopes = score(cases["x"], cases["sample_weight"], cases["pi"], cases["mu"], cases["full"])
    given = {name: cases[name][0] for name in ("x", "sample_weight", "pi", "mu", "full")}
    known = guess(cases["x"], mixture_of(cases), "full", U64)
    inverse = np.linalg.inv(cases["full"])
    size = np.abs(inverse).max() ** 2 * np.abs(cases["x"]).max() ** 2 + np.abs(inverse).max() / cases["pi"].min()
    allowed = (gamma(100, U64) + known.error.max()) * size * cases["sample_weight"].sum()

    with mpmath.workdps(40):
        exact = {name: np.vectorize(mpmath.mpf, otypes=[object])(value) for name, value in given.items()}
        step = mpmath.mpf(10) ** -14
        for name, slope in zip(("pi", "mu", "full"), slopes, strict=True):
            for place in np.ndindex(given[name].shape):
                moved = []
                for sign in (1, -1):
                    there = exact[name].copy()
                    there[place] += sign * step
                    moved.append(log_likelihood_in_forty_digits(*{**exact, name: there}.values()))
                assert abs(float((moved[0] - moved[1]) / (2 * step)) - slope[0][place]) <= allowed


def test_the_m_step_by_hand() -> None:
    x, weight = np.array([[[0.0], [2.0], [8.0]]]), np.array([[1.0, 1.0, 2.0]])
    resp = np.array([[[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]])

    full, tied = maximised(x, weight, resp, "full"), maximised(x, weight, resp, "tied")

    assert full.pi.tolist() == [[0.5, 0.5]]
    assert full.mu.tolist() == [[[1.0], [8.0]]]
    assert full.covariances.tolist() == [[[[1.0]], [[0.0]]]]
    assert tied.covariances.tolist() == [[[0.5]]]


def test_diagonal_and_spherical_variances_are_the_diagonal_and_its_mean() -> None:
    cases = drawn("full")
    resp, _ = posterior(log_joint(cases["x"], cases["pi"], cases["mu"], cases["full"]))
    full, diag, spherical = (
        maximised(cases["x"], cases["sample_weight"], resp, kind).covariances for kind in ("full", "diag", "spherical")
    )

    allowed = gamma(30, U64) * diag
    assert (np.abs(np.einsum("...ii->...i", full) - diag) <= allowed).all()
    assert (np.abs(diag.mean(axis=-1) - spherical) <= allowed.max(axis=-1)).all()


def test_a_lane_that_collapses_is_told_by_its_weights() -> None:
    cases = Cases(
        {
            "x": np.array([[[0.0], [9.0]], [[0.0], [1.0]]]),
            "sample_weight": np.ones((2, 2)),
            "pi": np.full((2, 2), 0.5),
            "mu": np.array([[[0.0], [9.0]], [[0.5], [0.5]]]),
            "full": np.full((2, 2, 1, 1), 0.01),
        },
        {"covariance": "full"},
    )
    cases["full"][1] = 1.0

    walked = path(cases, 3)

    assert np.isfinite(walked.pi[1]).all()
    assert not np.isfinite(walked.pi[0, -1]).any()


def test_strain_is_infinite_without_a_covariance_and_the_extent_over_the_narrowest_axis_with_one() -> None:
    covariances = np.array([[[[[4.0, 0.0], [0.0, 0.25]]], [[[1.0, 2.0], [2.0, 1.0]]]]])  # (1, 2, 1, 2, 2)

    assert strain(covariances, "full", np.array([[[0.0, 0.0], [3.0, 1.0]]]), 1).tolist() == [[36.0, np.inf]]


def test_zero_times_minus_infinity_is_zero_in_a_bound() -> None:
    cases = replace(drawn("full-dead"), settings={"covariance": "full"})
    known = guess(cases["x"], mixture_of(cases), "full", U64)

    assert np.isneginf(known.joint[..., -1]).all()
    assert np.isfinite(sizes(known.resp, known)).all()
    assert np.isfinite(weighted(known.resp, known.joint)).all()


def test_every_third_guess_is_sure() -> None:
    cases = GUESSES.draw(np.random.default_rng(0), {"n": 6, "d": 1, "k": 3}, "full", 5)

    assert (cases["q"][:, 1::3].max(axis=-1) == 1).all()
    assert MIXTURES.valid(cases).all()


@pytest.mark.parametrize("regime", ["full", "tied", "diag", "spherical", "full-weighted"])
def test_what_perturbed_sums_and_responsibilities_cost_is_allowed_and_no_more_than_a_thousand_times_less(
    regime: str,
) -> None:
    """A step whose responsibilities and moments are wrong by what the bound supposes loses at most what it allows."""
    cases, u = fitted(regime), 2.0**-24
    kind, k = str(cases.settings["covariance"]), cases["pi"].shape[1]
    x, weight, now = cases["x"], cases["sample_weight"], mixture_of(cases)
    known = guess(x, now, kind, u)
    allowed = allowance(x, weight, now, kind, u, "float32")
    rng, worst = np.random.default_rng(5), 0.0

    def expected(there: Mixture) -> np.ndarray:
        joint = log_joint(x, there.pi, there.mu, as_full(there.covariances, kind, k, x.shape[-1]))
        return np.asarray((weight[..., None] * known.resp * joint).sum(axis=(1, 2)))

    best = expected(maximised(x, weight, known.resp, kind))
    for _ in range(20):
        sign = np.sign(rng.standard_normal(known.resp.shape))
        resp = known.resp * (1 + sign * known.error)
        lost = best - expected(maximised(x, weight, resp / resp.sum(axis=-1, keepdims=True), kind))
        assert (lost <= allowed).all()
        worst = max(worst, (lost / allowed).max())
    assert worst >= 1 / 1000


def test_the_allowance_is_of_second_order() -> None:
    cases = fitted("full")
    x, weight, now = cases["x"], cases["sample_weight"], mixture_of(cases)

    single = allowance(x, weight, now, "full", 2.0**-24, "float32")
    double = allowance(x, weight, now, "full", U64, "float64")

    assert (double <= 4 * (U64 / 2.0**-24) ** 2 * single).all()


def test_rows_that_are_no_distribution_are_asked_about_as_uniform_ones() -> None:
    resp = np.array([[[0.25, 0.75], [0.5, 0.6], [np.nan, 1.0], [-0.5, 1.5]]])

    assert askable(resp, U64).tolist() == [[[0.25, 0.75], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]]


def test_a_path_is_judged_up_to_its_first_collapse() -> None:
    cases = Cases(
        {"x": np.array([[[0.0], [1.0], [2.0]]]), "sample_weight": np.ones((1, 3))}, {"covariance": "diag"}, "diag"
    )
    walked = Mixture(np.ones((1, 4, 1)), np.ones((1, 4, 1, 1)), np.array([1.0, 2.0, 0.0, 1.0]).reshape(1, 4, 1, 1))

    assert inside(walked, cases).tolist() == [[True, True, False, False]]
    assert steady(walked, inside(walked, cases)).covariances.ravel().tolist() == [1.0, 2.0, 1.0, 1.0]
