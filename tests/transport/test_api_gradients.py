"""Gradients of optimal values, as autograd gives them to a user."""

from __future__ import annotations

import pytest
import torch

from impl.transport.costs import cost_matrix
from impl.transport.divergence import entropic_value, sinkhorn_divergence
from impl.transport.gradients import transport_loss
from tests.transport.test_api_entropic import problems, unit

EPS = 0.05


def test_the_entropic_gradients_are_the_potentials_and_the_plan() -> None:
    a, b, C = (x.requires_grad_() for x in problems(3, 5, 4))
    value = entropic_value(a, b, C, EPS, tol=1e-11)
    value.sum().backward()
    assert a.grad is not None
    assert b.grad is not None
    assert C.grad is not None
    spare = torch.exp((a.grad[..., None] + b.grad[..., None, :] - C.detach()) / EPS)
    plan = a.detach()[..., None] * b.detach()[..., None, :] * spare
    assert float((plan - C.grad).abs().amax()) <= 64 * unit(torch.float64) / EPS
    assert float((C.grad.sum(-1) - a.detach()).abs().sum(-1).amax()) <= 1e-11 + 64 * unit(torch.float64) / EPS


def test_a_derivative_is_what_a_difference_of_values_says() -> None:
    """Central differences err by h² |V'''|/6 and by the dual values' error, below tol · osc f, over h."""
    a, b, C = problems(6, 6)
    direction, h = torch.zeros_like(C), 1e-4
    direction[2, 3], direction[0, 1] = 1.0, -0.5
    mass = torch.zeros_like(a)
    mass[1], mass[4] = 1.0, -1.0
    traced = [x.clone().requires_grad_() for x in (a, b, C)]
    grads = torch.autograd.grad(entropic_value(*traced, EPS, tol=1e-13), traced)
    for name, analytic in (("C", (grads[2] * direction).sum()), ("a", (grads[0] * mass).sum())):
        up, down = (
            entropic_value(a + s * mass, b, C, EPS, tol=1e-13)
            if name == "a"
            else entropic_value(a, b, C + s * direction, EPS, tol=1e-13)
            for s in (h, -h)
        )
        assert abs(float((up - down) / (2 * h) - analytic)) <= (h / EPS) ** 2 * 10 + 1e-11 / h


@pytest.mark.parametrize("entropic", [True, False])
def test_gradients_reach_the_points_through_the_cost_matrix(entropic: bool) -> None:
    """Moving all x by t changes |x − y|² costs by 2 ⟨t, mean x − mean y⟩ whatever the plan."""
    a, b, _ = problems(6, 7)
    x = torch.linspace(0, 1, 12, dtype=torch.float64).view(6, 2).requires_grad_()
    y = torch.linspace(1, 3, 14, dtype=torch.float64).square().view(7, 2).requires_grad_()
    C = cost_matrix(x, y, metric="sqeuclidean")
    value = entropic_value(a, b, C, EPS, tol=1e-11) if entropic else transport_loss(a, b, C)
    to_x, to_y = torch.autograd.grad(value, (x, y))
    means = 2 * (a @ x.detach() - b @ y.detach())
    far = float(C.detach().amax())  # a marginal error moves at most this much of a mean
    bound = 2 * far * (1e-11 + 8 * (3 * far / EPS + 13) * unit(torch.float64))
    assert float((to_x.sum(0) - means).abs().amax()) <= bound
    assert float((to_y.sum(0) + means).abs().amax()) <= bound


def test_two_diracs_pull_each_other_along_the_line_between_them() -> None:
    one = torch.ones(1, dtype=torch.float64)
    x = torch.tensor([[1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([[4.0, -2.0]], dtype=torch.float64)
    (grad,) = torch.autograd.grad(entropic_value(one, one, cost_matrix(x, y, metric="sqeuclidean"), EPS), x)
    assert float((grad - torch.tensor([[-6.0, 8.0]])).abs().amax()) <= 8 * 25 / EPS * unit(torch.float64)


def test_the_linear_programme_has_the_potentials_as_subgradients() -> None:
    a, b, C = problems(4, 5, 5)
    a, C = a.requires_grad_(), C.requires_grad_()
    value = transport_loss(a, b, C)
    to_a, to_C = torch.autograd.grad(value.sum(), (a, C))
    other = problems(4, 5, 5, seed=7)[0]
    below = value.detach() + (to_a * (other - a.detach())).sum(-1)
    rounding = 64 * unit(torch.float64)
    assert bool((transport_loss(other, b, C.detach()) >= below - rounding).all())
    assert float((to_C.sum(-1) - a.detach()).abs().amax()) <= rounding


def test_no_graph_is_kept_for_a_second_derivative() -> None:
    a, b, C = problems(3, 3)
    C = C.requires_grad_()
    (first,) = torch.autograd.grad(entropic_value(a, b, C, EPS), C, create_graph=True)
    with pytest.raises(RuntimeError):
        torch.autograd.grad(first.sum(), C)


def test_the_divergence_pulls_a_shifted_copy_back_and_leaves_an_equal_one() -> None:
    """S(a, T_t a) = |t|² for squared distances, so that all y together feel 2t; equal measures are a minimum."""
    a, _, _ = problems(5, 5)
    x = torch.linspace(0, 1, 10, dtype=torch.float64).view(5, 2)
    for t in (0.0, 1.5):
        y = (x + t).requires_grad_()
        (grad,) = torch.autograd.grad(sinkhorn_divergence(x, a, y, a, EPS, tol=1e-12), y)
        far = float(torch.cdist(x, y.detach()).square().amax())
        bound = 8 * far * (1e-12 + 8 * (3 * far / EPS + 10) * unit(torch.float64))
        assert float((grad.sum(0) - 2 * t).abs().amax()) <= bound
