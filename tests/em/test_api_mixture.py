"""Gaussian mixtures as a user meets them: hand-computed values, both ways to compute, errors by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning

from impl.core.random import generator
from impl.em import gaussian, gaussian_fit, gaussian_fused, gaussian_planes, gaussian_steps
from impl.em.errors import DegenerateCovarianceError
from impl.em.gaussian import KINDS, Gaussians
from impl.em.gaussian_fit import Plan, fit, is_fused
from impl.em.gaussian_mixture import GaussianMixture
from impl.em.gaussian_start import seeds
from theory.core.bound import U64, gamma

PAIRS = np.array([[0.0], [1.0], [9.0], [10.0]])
CLOUD = np.random.default_rng(0).standard_normal((40, 6)) + 4 * np.repeat(np.eye(2, 6), 20, axis=0)


def lanes_of(count: int, n: int, d: int) -> tuple[torch.Tensor, Gaussians]:
    source = torch.Generator().manual_seed(0)
    x = torch.randn(count, n, d, generator=source, dtype=torch.float64)
    covariances = torch.eye(d, dtype=torch.float64).expand(count, 2, d, d)
    return x, Gaussians(torch.full((count, 2), 0.5, dtype=torch.float64), x[:, :2], covariances)


def apart(one: Gaussians, other: Gaussians) -> float:
    return max(float((a - b).abs().max()) for a, b in zip(one, other, strict=True))


def test_one_component_is_the_mean_and_the_covariance_of_the_data() -> None:
    model = GaussianMixture().fit([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])

    assert model.means_.tolist() == [[1.0, 1.0]]
    assert model.covariances_.tolist() == [[[1.0, 0.0], [0.0, 1.0]]]
    assert model.weights_.tolist() == [1.0]
    exact = -math.log(2 * math.pi) - 1
    assert abs(model.score([[0.0, 0.0]]) - exact) <= gamma(16, U64) * 4


@pytest.mark.parametrize("kind", KINDS)
def test_two_pairs_are_two_components(kind: str) -> None:
    model = GaussianMixture(2, covariance_type=kind, random_state=0).fit(PAIRS)

    labels = model.predict(PAIRS)
    shapes = {"full": (2, 1, 1), "tied": (1, 1), "diag": (2, 1), "spherical": (2,)}
    assert labels[0] == labels[1] != labels[2] == labels[3]
    assert model.covariances_.shape == shapes[kind]
    assert model.converged_
    assert len(model.log_likelihoods_) == model.n_iter_ + 1
    assert model.lower_bound_ == model.log_likelihoods_[-1] / 4


def test_weights_are_repetitions() -> None:
    start: dict[str, Any] = {"means_init": [[0.0], [9.0]], "covariances_init": [[[1.0]], [[1.0]]]}
    repeated = GaussianMixture(2, **start).fit(np.repeat(PAIRS, [1, 2, 3, 1], axis=0))

    weighed = GaussianMixture(2, **start).fit(PAIRS, sample_weight=[1, 2, 3, 1])

    assert abs(weighed.log_likelihoods_[0] - repeated.log_likelihoods_[0]) <= gamma(64, U64) * 64


def test_a_row_without_weight_is_not_looked_at() -> None:
    x, start = lanes_of(1, 8, 2)
    weight = torch.ones(1, 9, dtype=torch.float64)
    weight[0, 8] = 0

    plain = fit(x, start, Plan("full", 3)).params
    padded = fit(torch.cat([x, torch.full_like(x[:, :1], 1e200)], 1), start, Plan("full", 3), weight).params

    assert apart(plain, padded) <= gamma(2**10, U64) * 8


@pytest.mark.parametrize("fused", [True, False])
def test_blocks_of_lanes_give_what_one_block_gives(fused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not fused:
        monkeypatch.setattr(gaussian_fit, "lanes_fused", lambda x, components: 0)
    x, start = lanes_of(7, 12, 2)
    whole = fit(x, start, Plan("full", 4, keep=True, bounds=True))

    monkeypatch.setattr(gaussian_fit, "CELLS", 48)
    monkeypatch.setattr(gaussian_planes, "NEAR", 3000)  # two lanes at once, four together
    monkeypatch.setattr(gaussian_fused, "PARTS", 2)
    parts = fit(x, start, Plan("full", 4, keep=True, bounds=True))

    assert torch.equal(whole.log_likelihood, parts.log_likelihood)
    assert whole.elbo is not None
    assert parts.elbo is not None
    assert torch.equal(whole.elbo, parts.elbo)
    assert all(apart(a, b) == 0 for a, b in zip(whole.path, parts.path, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_blocks_of_rows_and_matrix_products_give_what_entries_give(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, start = lanes_of(3, 700, 3)
    shape = {"tied": start.covariances[:, 0], "diag": torch.ones(3, 2, 3), "spherical": torch.ones(3, 2)}
    start = start._replace(covariances=shape.get(kind, start.covariances).to(x))
    plain = fit(x, start, Plan(kind, 3)).params

    monkeypatch.setattr(gaussian, "UNROLLED", 0)
    monkeypatch.setattr(gaussian_steps, "UNROLLED", 0)
    monkeypatch.setattr(gaussian_fused, "UNROLLED", 0)
    monkeypatch.setattr(gaussian_steps, "ROWS", 1)
    other = fit(x, start, Plan(kind, 3)).params

    assert apart(plain, other) <= gamma(2**14, U64) * 8


@pytest.mark.parametrize("d", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_few_calls_give_what_single_formulas_give(kind: str, d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With weights, ridge, bounds and whole paths; one lane starts far off, so that some steps are not taken fused.

    A step errs by at most γ_{8 (n+d)}, values being of order 1, and hands an error on at most twofold, since the ridge
    keeps every factor well conditioned: at most 1 + 2 + 4 + 8 < 16 times that after four steps.
    """
    x, start = lanes_of(5, 40, d)
    shape = {"tied": start.covariances[:, 0], "diag": torch.ones(5, 2, d), "spherical": torch.ones(5, 2)}
    means = start.means.clone()
    means[3] += 20
    start = Gaussians(start.weights, means, shape.get(kind, start.covariances).to(x))
    weight = torch.linspace(0, 2, 200, dtype=x.dtype).view(5, 40)
    plan = Plan(kind, 4, ridge=0.2, keep=True, bounds=True)
    assert is_fused(x, start, plan)
    few = fit(x, start, plan, weight)

    monkeypatch.setattr(gaussian_fit, "lanes_fused", lambda x, components: 0)
    single = fit(x, start, plan, weight)

    bound = 16 * gamma(8 * (40 + d), U64)
    assert all(apart(a, b) <= bound for a, b in zip(few.path, single.path, strict=True))
    assert apart(few.params, single.params) <= bound
    assert few.elbo is not None
    assert single.elbo is not None
    size = float(single.log_likelihood.abs().max())
    assert float((few.log_likelihood - single.log_likelihood).abs().max()) <= bound * size
    assert float((few.elbo - single.elbo).abs().max()) <= bound * size


def test_a_tolerance_stops_each_lane_by_itself() -> None:
    x, start = lanes_of(5, 30, 1)
    plan = Plan("full", 200, tol=1e-3)
    together = fit(x, start, plan)

    alone = [fit(x[i : i + 1], Gaussians(*(p[i : i + 1] for p in start)), plan) for i in range(5)]

    assert together.n_iter.tolist() == [int(one.n_iter) for one in alone]
    assert together.converged.all()


def test_random_rows_are_distinct_and_plus_plus_takes_no_row_twice() -> None:
    x = torch.arange(6.0).reshape(1, 6, 1).expand(200, 6, 1)

    for method in ("random", "k-means++"):
        index = seeds(x, 4, method, generator(0)).sort(-1).values
        assert bool((index.diff(dim=-1) > 0).all())


def test_a_row_without_weight_is_never_a_start() -> None:
    x = torch.arange(4.0).reshape(1, 4, 1).expand(200, 4, 1)
    weight = torch.tensor([0.0, 1.0, 1.0, 1.0]).expand(200, 4)

    for method in ("random", "k-means++"):
        assert bool((seeds(x, 3, method, generator(0), weight) > 0).all())


def test_the_best_of_several_starts_is_no_worse_than_the_first() -> None:
    one, many = (GaussianMixture(3, ridge=1e-3, n_init=n, random_state=5, tol=0.1).fit(CLOUD) for n in (1, 6))

    assert many.lower_bound_ >= one.lower_bound_


def test_samples_come_with_their_components_and_a_seed_repeats_them() -> None:
    model = GaussianMixture(2, random_state=3).fit(PAIRS)

    (x, label), (again, _) = model.sample(50), model.sample(50)

    assert x.tolist() == again.tolist()
    assert (model.predict(x) == label).mean() > 0.9


def test_a_tensor_stays_a_tensor_of_its_dtype() -> None:
    X = torch.from_numpy(PAIRS).float()

    model = GaussianMixture(2, random_state=0).fit(X)

    assert model.means_.dtype == model.predict_proba(X).dtype == model.sample(3)[0].dtype == torch.float32
    assert model.predict(X).tolist()[0] == model.predict(PAIRS.astype(np.float32)).tolist()[0]


def test_running_out_of_steps_is_a_warning() -> None:
    with pytest.warns(ConvergenceWarning, match="did not converge: after max_iter=1 steps"):
        GaussianMixture(2, max_iter=1, tol=0.0, random_state=0).fit(CLOUD[:, :1])


COLLAPSES: tuple[tuple[str, Any, dict[str, Any]], ...] = (
    ("identical rows", np.full((5, 2), 3.3), {}),
    ("fewer rows than dimensions", CLOUD[:3], {}),
    ("a constant column", np.column_stack([CLOUD[:, 0], np.full(40, 0.1)]), {}),
    ("one row for a component", [[0.0], [1.0], [50.0]], {"n_components": 2, "means_init": [[0.5], [50.0]]}),
    ("no row for a component", PAIRS, {"n_components": 2, "means_init": [[5.0], [1e4]]}),
)


@pytest.mark.parametrize(("X", "settings"), [c[1:] for c in COLLAPSES], ids=[c[0] for c in COLLAPSES])
def test_a_collapse_is_an_error_that_names_the_component_and_the_remedy(X: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(
        DegenerateCovarianceError, match=r"component \d has collapsed .* ridge or take fewer components"
    ):
        GaussianMixture(**settings).fit(X)


def test_a_ridge_forbids_the_collapse() -> None:
    model = GaussianMixture(2, ridge=0.25, means_init=[[0.5], [50.0]]).fit([[0.0], [1.0], [50.0]])

    assert model.covariances_[1, 0, 0] == 0.25


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_components": 0}, "n_components must be a whole number of at least 1, got 0"),
        ({"n_components": 9}, "n_components must be at most the number of rows, n_samples = 4, got 9"),
        ({"max_iter": 2.5}, "max_iter must be a whole number of at least 1, got 2.5"),
        ({"n_init": True}, "n_init must be a whole number of at least 1, got True"),
        ({"covariance_type": "round"}, "covariance_type must be one of full, tied, diag, spherical, got 'round'"),
        ({"init": "kmeans"}, r"init must be one of k-means\+\+, random, got 'kmeans'"),
        ({"ridge": -1.0}, "ridge must be non-negative and finite, got -1.0"),
        ({"tol": math.nan}, "tol must be non-negative, got nan"),
        ({"weights_init": [0.5]}, "weights_init must sum to 1, got 0.5 at index"),
        ({"weights_init": [0.5, 0.5]}, r"weights_init must have shape \(1, 1\), got \(1, 2\)"),
        ({"means_init": [[0.0, 1.0]]}, "must have shape"),
        ({"means_init": [[math.inf]]}, "means_init must be finite, got inf"),
        (
            {"covariances_init": [[[-1.0]]]},
            "covariances_init must be positive definite, but that of component 0",
        ),
        (
            {"covariance_type": "spherical", "covariances_init": [0.0]},
            r"covariances_init must be positive, got 0.0 at index \(0, 0\)",
        ),
    ],
)
def test_a_bad_parameter_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GaussianMixture(**settings).fit(PAIRS)


def test_a_bad_weight_is_named() -> None:
    with pytest.raises(ValueError, match=r"sample_weight must be non-negative, got -1.0 at index \(0, 3\)"):
        GaussianMixture().fit(PAIRS, sample_weight=[1, 1, 1, -1])


def test_nothing_is_sampled_zero_times() -> None:
    with pytest.raises(ValueError, match="n_samples must be at least 1, got 0"):
        GaussianMixture().fit(PAIRS).sample(0)


def test_a_start_given_as_numbers_keeps_all_their_digits() -> None:
    model = GaussianMixture(
        2, max_iter=1, weights_init=[0.9, 0.1], means_init=[[0.1], [0.2]], covariances_init=[[[1.0]], [[1.0]]]
    )
    exact = GaussianMixture(
        2,
        max_iter=1,
        weights_init=np.array([0.9, 0.1]),
        means_init=np.array([[0.1], [0.2]]),
        covariances_init=np.ones((2, 1, 1)),
    )
    with pytest.warns(ConvergenceWarning):
        found, right = model.fit(CLOUD[:, :1]), exact.fit(CLOUD[:, :1])

    assert found.log_likelihoods_.tolist() == right.log_likelihoods_.tolist()
