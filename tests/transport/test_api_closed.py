"""The closed forms as a user meets them: values worked by hand, shapes, gradients, and errors by name."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from impl.core import devices
from impl.core.random import generator
from impl.transport.ascending import in_order, over_gaps
from impl.transport.barycentre import barycentre_1d
from impl.transport.discrepancies import jensen_shannon, kullback_leibler, total_variation
from impl.transport.gaussian import gaussian_w2, gaussian_w2_factors, gelbrich_bound, optimal_map_gaussian
from impl.transport.oned import cdf, quantile, wasserstein_1d
from impl.transport.sliced import random_directions, sliced_wasserstein

U = 2.0**-53
LINE = torch.tensor([0.0, 1.0], dtype=torch.float64)
DTYPES = pytest.mark.parametrize("dtype", [torch.float32, torch.float64])


def tensor(*values: float | list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def normal(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=generator(sum(shape)), dtype=torch.float64).to(dtype)


def within(found: Tensor, exact: Tensor | float, roundings: float, scale: Tensor | float = 1.0) -> bool:
    u = torch.finfo(found.dtype).eps / 2
    return bool(((found - exact).abs() <= roundings * u * torch.as_tensor(scale)).all())


@pytest.mark.parametrize(("p", "distance"), [(1, 1.5), (2, math.sqrt(2.5)), (3, 4.5 ** (1 / 3))])
def test_two_points_meet_two_in_order(p: float, distance: float) -> None:
    assert within(wasserstein_1d(tensor(0, 3), tensor(5, 1), p=p), distance, 8, distance)


@pytest.mark.parametrize(("p", "distance"), [(1, 1.25), (2, math.sqrt(1.75))])
def test_a_quarter_travels_two_and_the_rest_one(p: float, distance: float) -> None:
    found = wasserstein_1d(tensor(0, 9), tensor(2, 1, -7), tensor(4, 0), tensor(1, 3, 0), p)

    assert within(found, distance, 8, distance)


def test_equal_weights_on_other_numbers_of_points_are_shared_out() -> None:
    assert within(wasserstein_1d(tensor(0), tensor(1, 3)), 2, 4, 2)
    assert within(wasserstein_1d(tensor(0, 6), tensor(1, 1, 1), p=2), math.sqrt(13), 8, 4)
    assert within(wasserstein_1d(tensor(0, 6), tensor(0, 6), wx=tensor(1, 3)), 1.5, 8, 6)


@DTYPES
@pytest.mark.parametrize("n", [1, 2, 16, 33])
def test_sorting_on_the_host_gives_what_torch_sorts(n: int, dtype: torch.dtype) -> None:
    x, y = normal(5000, n, dtype=dtype), normal(n, 5000, dtype=dtype).T.round()

    gaps = (x.sort(-1)[0] - y.sort(-1)[0]).abs()
    values, order = in_order(y)

    for formula in (lambda g: g.amax(-1), lambda g: g[:, -1].clone()):
        assert torch.equal(over_gaps(x, y, formula), formula(gaps))
    assert torch.equal(values, y.sort(-1)[0])
    assert torch.equal(y.gather(-1, order), values)


def test_sorting_leaves_its_input_as_it_was() -> None:
    x, y = tensor(3, 1, 2), tensor(9, 8, 7)

    over_gaps(x, y, lambda gaps: gaps.sum(-1))

    assert (x.tolist(), y.tolist()) == ([3, 1, 2], [9, 8, 7])


@DTYPES
def test_leading_axes_are_kept_and_a_batch_equals_its_lanes(dtype: torch.dtype) -> None:
    x, y = normal(2, 3, 5, dtype=dtype), normal(2, 3, 4, dtype=dtype)
    wx, wy = normal(2, 3, 5, dtype=dtype).abs(), normal(2, 3, 4, dtype=dtype).abs()
    wx, wy = wx / wx.sum(-1, keepdim=True), wy / wy.sum(-1, keepdim=True)

    for p in (1, 2.5):
        found = wasserstein_1d(x, y, wx, wy, p)
        alone = wasserstein_1d(x[1, 2], y[1, 2], wx[1, 2], wy[1, 2], p)
        assert (found.shape, found.dtype) == ((2, 3), dtype)
        assert within(found[1, 2], alone, 64, 8)


def test_whole_numbers_are_promoted_not_truncated() -> None:
    found = wasserstein_1d(torch.tensor([0, 1]), torch.tensor([0, 2]), torch.tensor([1, 2]), torch.tensor([2, 1]))

    assert found.dtype == torch.float64
    assert within(found, 2 / 3, 4)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_no_power_overflows_or_vanishes(scale: float) -> None:
    x, y = tensor(0, 3) * scale, tensor(5, 1) * scale

    assert within(wasserstein_1d(x, y, p=3) / scale, 4.5 ** (1 / 3), 16, 2)
    assert within(wasserstein_1d(x, y, tensor(1, 1), tensor(1, 1), p=3) / scale, 4.5 ** (1 / 3), 16, 2)


@pytest.mark.parametrize("mass", [1e-300, 1e-30, 1e30, 1e300])
@pytest.mark.parametrize("p", [1, 2])
def test_the_size_of_the_weights_does_not_matter(mass: float, p: float) -> None:
    x, y, wx, wy = tensor(0, 1, 4), tensor(2, 3), tensor(1, 2, 1), tensor(3, 1)

    assert within(wasserstein_1d(x, y, wx * mass, wy * mass, p), wasserstein_1d(x, y, wx, wy, p), 32, 4)


def test_padding_may_lie_anywhere() -> None:
    x, y, wx, wy = tensor(0, 1, 1e300), tensor(2, 3, -1e300), tensor(0.1, 0.2, 0), tensor(0.2, 0.1, 0)

    for p in (1, 2):
        assert within(wasserstein_1d(x, y, wx, wy, p), wasserstein_1d(x[:2], y[:2], wx[:2], wy[:2], p), 32, 3)


def test_the_distance_has_a_gradient_on_every_path() -> None:
    x, y, w = normal(5).requires_grad_(), normal(7), normal(7).abs()
    w = w / w.sum()

    assert torch.autograd.gradcheck(lambda v: wasserstein_1d(v, y[:5], p=2.0), (x,))
    assert torch.autograd.gradcheck(lambda v: wasserstein_1d(v, y, tensor(1, 1, 1, 1, 1) / 5, w), (x,))
    assert torch.autograd.gradcheck(lambda v: wasserstein_1d(v, y, tensor(1, 1, 1, 1, 1) / 5, w, 3.0), (x,))


def test_a_gradient_is_kept_in_a_large_batch() -> None:
    x, y = normal(512, 4).requires_grad_(), normal(512, 5)[:, :4]

    (slope,) = torch.autograd.grad(wasserstein_1d(x, y).sum(), x)

    assert bool((slope.abs() == 0.25).all())


def test_quantiles_and_distribution_function_by_hand() -> None:
    x, w = tensor(3, 1, 2, 9), tensor(1, 1, 2, 0)

    assert quantile(x, tensor(0, 0.25, 0.3, 0.75, 0.76, 1), w).tolist() == [1, 1, 2, 2, 3, 3]
    assert cdf(x, tensor(0.5, 1, 1.5, 2, 8), w).tolist() == [0, 0.25, 0.25, 0.75, 1]
    assert quantile(tensor(5, 4), tensor(0.5, 0.6)).tolist() == [4, 5]


def test_the_barycentre_of_two_point_masses_lies_between_them() -> None:
    found = barycentre_1d(tensor([0], [8]), tensor([1], [1]), tensor(0.75, 0.25))

    assert (found.support.tolist(), found.mass.tolist()) == ([2, 2], [1, 0])


def test_a_barycentre_cuts_at_every_level() -> None:
    x, w = tensor([0, 4], [10, 20]), tensor([0.5, 0.5], [0.25, 0.75])

    found = barycentre_1d(x, w, tensor(0.5, 0.5))

    assert found.support.tolist() == [5, 10, 12, 12]
    assert found.mass.tolist() == [0.25, 0.25, 0.5, 0]


def test_one_direction_is_the_line_and_turning_by_it_nothing() -> None:
    x, y = tensor([0, 5], [3, 7]), tensor([5, 5], [1, 7])

    assert within(sliced_wasserstein(x, y, tensor([1, 0]), p=1), 1.5, 4, 2)
    assert sliced_wasserstein(x, y, tensor([0, 1]), p=1).item() == 0
    assert within(sliced_wasserstein(x, y, tensor([1, 0], [0, 1]), p=2), math.sqrt(1.25), 8, 2)


@DTYPES
def test_drawn_directions_have_length_one_and_repeat_with_their_seed(dtype: torch.dtype) -> None:
    x, y = normal(4, 6, 3, dtype=dtype), normal(4, 5, 3, dtype=dtype)

    directions = random_directions(50, 3, generator(2), x)
    drawn = [sliced_wasserstein(x, y, n_directions=50, generator=generator(2)) for _ in range(2)]

    assert within(directions.square().sum(-1), 1, 16)
    assert torch.equal(*drawn)
    assert torch.equal(drawn[0], sliced_wasserstein(x, y, directions))


def test_gaussians_on_the_line_differ_in_mean_and_deviation() -> None:
    found = gaussian_w2(tensor(1), tensor([4]), tensor(3), tensor([25]))

    assert within(found, 4 + 9, 32, 33)


def test_covariances_that_do_not_commute() -> None:
    S1, S2, zero = tensor([1, 0], [0, 0]), tensor([1, 1], [1, 1]), tensor(0, 0)

    assert within(gaussian_w2(zero, S1, zero, S2), 1, 64, 3)  # tr + tr − 2 √⟨e, S2 e⟩ = 1 + 2 − 2
    assert within(gaussian_w2_factors(zero, tensor([1], [0]), zero, tensor([1], [1])), 1, 16, 3)


@DTYPES
def test_covariances_and_factors_of_any_width_agree(dtype: torch.dtype) -> None:
    m1, m2 = normal(6, 3, dtype=dtype), normal(6, 3, dtype=dtype) + 1
    A1, A2 = normal(6, 3, 5, dtype=dtype), normal(6, 3, 4, dtype=dtype)

    by_factors = gaussian_w2_factors(m1, A1, m2, A2)
    by_covariances = gaussian_w2(m1, A1 @ A1.mT, m2, A2 @ A2.mT)

    assert by_factors.dtype == dtype
    assert within(by_factors, by_covariances, 1000, A1.square().sum((-2, -1)) + A2.square().sum((-2, -1)))


def test_equal_factors_are_at_distance_zero_to_all_digits() -> None:
    A, zero = normal(8, 4, 4), torch.zeros(8, 4, dtype=torch.float64)
    turn = torch.linalg.qr(normal(8, 4, 4))[0]

    assert bool(
        (gaussian_w2_factors(zero, A, zero, A @ turn).sqrt() <= 256 * U * A.square().sum((-2, -1)).sqrt()).all()
    )


def test_factors_have_a_gradient_though_singular_values_repeat() -> None:
    A, zero = torch.eye(3, dtype=torch.float64).requires_grad_(), tensor(0, 0, 0)

    (slope,) = torch.autograd.grad(gaussian_w2_factors(zero, A, zero, 2 * torch.eye(3, dtype=torch.float64)), A)

    assert within(slope, -2 * torch.eye(3, dtype=torch.float64), 64, 4)


def test_the_optimal_map_carries_one_gaussian_to_the_other_at_their_distance() -> None:
    m1, m2 = normal(5, 3), normal(5, 3)
    A1, A2 = normal(5, 3, 4), normal(5, 3, 5)
    S1, S2 = A1 @ A1.mT, A2 @ A2.mT

    T, shift = optimal_map_gaussian(m1, S1, m2, S2)

    size = 2000 * torch.linalg.cond(S1) * (1 + S2.square().sum((-2, -1)).sqrt())
    still = T - torch.eye(3, dtype=torch.float64)
    cost = (still @ S1 @ still.mT).diagonal(dim1=-2, dim2=-1).sum(-1) + (m1 - m2).square().sum(-1)
    assert torch.equal(T, T.mT)
    assert within(T @ S1 @ T, S2, 1, size[:, None, None])
    assert within((T @ m1[..., None])[..., 0] + shift, m2, 1, size[:, None])
    assert within(cost, gaussian_w2(m1, S1, m2, S2), 1, size)


def test_the_bound_of_a_stretched_cloud_is_what_stretching_costs() -> None:
    x = tensor([0, 0], [2, 0], [0, 2], [2, 2])

    assert within(gelbrich_bound(x, 3 * x + 1), (x - (3 * x + 1)).square().sum(-1).mean().item(), 64, 64)
    assert within(gelbrich_bound(x[:1], x[3:]), 8, 16, 8)


def test_discrepancies_of_disjoint_and_equal_histograms() -> None:
    a, b = tensor(0.5, 0.5, 0, 0), tensor(0, 0, 0.25, 0.75)

    assert jensen_shannon(a, b).item() == math.log(2)
    assert (total_variation(a, b).item(), kullback_leibler(a, b).item()) == (1, math.inf)
    assert (jensen_shannon(a, a).item(), total_variation(b, b).item(), kullback_leibler(a, a).item()) == (0, 0, 0)


def test_discrepancies_of_two_coins() -> None:
    a, b = tensor(0.5, 0.5), tensor(0.25, 0.75)

    assert total_variation(a, b).item() == 0.25
    assert within(kullback_leibler(a, b), math.log(2) - math.log(3) / 2, 8)
    assert within(kullback_leibler(b, a), 0.75 * math.log(3) - math.log(2), 8)


def test_close_histograms_keep_their_digits_and_are_never_negative() -> None:
    jog = torch.logspace(-12, -1, 12, dtype=torch.float64)
    a = torch.full((12, 2), 0.5, dtype=torch.float64)
    b = torch.stack([0.5 + jog, 0.5 - jog], -1)
    delta = 0.5 * ((b[:, 0] - 0.5) + (0.5 - b[:, 1]))  # as it was stored

    found = jensen_shannon(a, b)

    exact = delta.square() / 2 * (1 + 5 * delta.square() / 3)
    assert bool((found > 0).all())
    assert bool(((found / exact - 1).abs()[:8] <= 64 * U + delta[:8].abs()).all())


MEASURES: dict[str, tuple[Callable[[], object], str]] = {
    "p": (lambda: wasserstein_1d(LINE, LINE, p=0.5), "p must be finite and at least 1, got 0.5"),
    "infinite p": (lambda: wasserstein_1d(LINE, LINE, p=math.inf), "p must be finite and at least 1, got inf"),
    "nan": (lambda: wasserstein_1d(LINE, tensor(0, math.nan)), "y must be finite, got nan at index 1"),
    "weight": (lambda: wasserstein_1d(LINE, LINE, tensor(2, -1), LINE), "wx must be non-negative, got -1.0 at index 1"),
    "zeros": (lambda: wasserstein_1d(LINE, LINE, 0 * LINE, LINE), "wx must have a positive sum"),
    "totals": (lambda: wasserstein_1d(LINE, LINE, LINE, 3 * LINE), "wx and wy must have equal totals, got 1.0 and 3.0"),
    "lanes": (lambda: wasserstein_1d(LINE, LINE, tensor(1), LINE), "padded with weight 0"),
    "empty": (lambda: wasserstein_1d(LINE[:0], LINE), "x must not be empty"),
    "level": (lambda: quantile(LINE, tensor(1.5)), r"q must lie in 0 … 1, got 1.5"),
    "t": (lambda: barycentre_1d(LINE[None], LINE[None], tensor(2)), "t must sum to 1, got 2.0"),
    "masses": (lambda: barycentre_1d(LINE.expand(2, 2), tensor([1, 0], [1, 1]), tensor(0.5, 0.5)), "w and its first"),
    "directions": (lambda: sliced_wasserstein(LINE[None], LINE[None], LINE[None] * 2), "must have length 1, got 2"),
    "no directions": (lambda: sliced_wasserstein(LINE[None], LINE[None]), "give directions, or a torch.Generator"),
    "shape of directions": (lambda: sliced_wasserstein(LINE[None], LINE[None], tensor([1])), "must have shape"),
    "symmetric": (lambda: gaussian_w2(LINE, tensor([1, 1], [0, 1]), LINE, torch.eye(2)), "S1 must be symmetric"),
    "indefinite": (lambda: gaussian_w2(LINE, tensor([1, 2], [2, 1]), LINE, torch.eye(2)), "S1 must have eigenvalues"),
    "square": (lambda: gaussian_w2(LINE, LINE[:, None], LINE, torch.eye(2)), "S1 must be square"),
    "mean": (lambda: gaussian_w2_factors(LINE[:1], LINE[:, None], LINE, LINE[:, None]), "m1 must have shape"),
    "singular": (lambda: optimal_map_gaussian(LINE, torch.ones(2, 2), LINE, torch.eye(2)), "must be positive definite"),
    "gelbrich": (lambda: gelbrich_bound(LINE[:, None], LINE[:, None], LINE, 2 * LINE), "equal totals, got 1.0 and 2.0"),
    "histograms": (lambda: total_variation(LINE, LINE / 2), "a and b must have equal totals"),
}  # fmt: skip


@pytest.mark.parametrize("case", MEASURES)
def test_bad_input_is_refused_by_name(case: str) -> None:
    asked, words = MEASURES[case]

    with pytest.raises(ValueError, match=words):
        asked()


def test_half_precision_is_refused() -> None:
    with pytest.raises(TypeError, match="a must be float32, float64 or int64, got float16"):
        jensen_shannon(LINE.half(), LINE.half())


def test_rounded_covariances_of_low_rank_are_taken_as_they_are() -> None:
    A = normal(20, 5, 2)
    S = A @ A.mT
    zero = torch.zeros(20, 5, dtype=torch.float64)

    assert bool((gaussian_w2(zero, S, zero, S) <= 1000 * U * A.square().sum((-2, -1))).all())


@pytest.mark.parametrize("weighted", [False, True])
def test_the_host_waits_once(weighted: bool) -> None:
    device = devices.probe("sim")
    x, y = (normal(30, 6).to(device.torch) for _ in range(2))
    w = torch.full_like(x, 0.5) if weighted else None

    with device.watch() as ledger:
        wasserstein_1d(x, y, w, w)

    assert ledger["syncs"] == 1


def test_an_infinite_point_is_refused_however_little_it_weighs() -> None:
    y, b = tensor(math.inf, 0, 1), tensor(2.0**-60, 0.5, 0.5)

    with pytest.raises(ValueError, match="y must be finite, got inf at index 0"):
        wasserstein_1d(tensor(0), y, tensor(1), b, p=2)
