"""Hilbert's metric and its contraction, Sinkhorn divergences, point costs."""

from __future__ import annotations

import itertools
import math

import pytest
import torch

from impl.core.random import generator, uniform
from impl.transport.divergence import point_cost, sinkhorn_divergence
from impl.transport.hilbert import birkhoff_factor, diameter, hilbert_metric, log_kernel_product

SWAP = torch.tensor([[0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)


def unit(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).eps / 2


def test_hilberts_metric_by_hand() -> None:
    u, v = torch.tensor([1.0, 2.0, 8.0]).log(), torch.tensor([2.0, 2.0, 2.0]).log()
    assert abs(float(hilbert_metric(u, v)) - math.log(8)) <= 8 * unit(torch.float32)
    assert float(hilbert_metric(u, u + 3)) <= 8 * unit(torch.float32)


def test_the_birkhoff_factor_of_two_points_by_hand() -> None:
    for eps in (0.25, 1.0, 4.0):
        assert float(diameter(SWAP, eps)) == 2 / eps
        assert abs(float(birkhoff_factor(SWAP, eps)) - math.tanh(1 / (2 * eps))) <= 4 * unit(torch.float64)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (4, 1), (3, 5), (6, 4)])
def test_the_diameter_is_the_largest_cross_ratio(shape: tuple[int, int]) -> None:
    n, m = shape
    C = torch.arange(n * m, dtype=torch.float64).mul(7).remainder(11).view(n, m)
    pairs = itertools.product(range(n), range(n), range(m), range(m))
    crossed = max(float(C[i, q] + C[k, p] - C[i, p] - C[k, q]) for i, k, p, q in pairs)
    assert float(diameter(C, 0.5)) == crossed / 0.5
    assert torch.equal(diameter(C.expand(2, n, m), 0.5), diameter(C, 0.5).expand(2))


def test_a_kernel_product_does_not_overflow() -> None:
    C = torch.tensor([[0.0, 2000.0], [2000.0, 0.0]], dtype=torch.float64)
    found = log_kernel_product(C, torch.tensor([1500.0, -1500.0], dtype=torch.float64), 1.0)
    assert found.tolist() == [1500.0, 1500.0 - 2000.0]


def test_the_divergence_of_a_permuted_copy_is_zero_and_of_a_shift_its_square() -> None:
    x = uniform((5, 2), generator(3), torch.empty(0, dtype=torch.float64))
    a = torch.full((5,), 0.2, dtype=torch.float64)
    order = torch.tensor([3, 1, 4, 0, 2])
    for other, expected in ((x[order], 0.0), (x + 2.0, 8.0)):  # S(a, T_t a) = |t|² for squared distances
        C = point_cost(x, other, 2.0)
        size = float(C.amax())  # bounds osc C, f and g
        told = sinkhorn_divergence(x, a, other, a, 0.1, tol=1e-11)
        bound = 2 * size * (1e-11 + 8 * (3 * size / 0.1 + 10) * unit(torch.float64))
        assert abs(float(told) - expected) <= bound


def test_point_costs_by_hand() -> None:
    x, y = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 0.0]])
    assert point_cost(x, y, 2.0).tolist() == [[25.0, 0.0]]
    assert point_cost(x, y, 1.0).tolist() == [[5.0, 0.0]]
    with pytest.raises(ValueError, match="p must be positive"):
        point_cost(x, y, 0.0)
