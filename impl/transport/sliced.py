"""Sliced Wasserstein distance: the mean over directions of what the projections cost, each a problem on the line."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation
from impl.transport.oned import power_mean, promoted, wasserstein_1d
from impl.transport.problem import check_numbers, roundoff, same_shape


def sliced_wasserstein(
    x: Tensor,
    y: Tensor,
    directions: Tensor | None = None,
    wx: Tensor | None = None,
    wy: Tensor | None = None,
    *,
    p: float = 2.0,
    n_directions: int = 64,
    generator: torch.Generator | None = None,
) -> Tensor:
    """(mean_k W_p(⟨x, θ_k⟩, ⟨y, θ_k⟩)^p)^{1/p}: x (..., n, d), y (..., m, d) → (...).

    directions: (..., k, d) of length 1; without them n_directions are drawn from the sphere with the generator. wx:
    (..., n), wy: (..., m), equal weights if None. At most W_p. Source: Bonneel et al. 2015, section 3; Peyré & Cuturi
    2019, section 10.4.

    Raises ValueError for directions whose length is not 1, for neither directions nor generator, and as
    `wasserstein_1d` does.
    """
    _check_points(x, y)
    if directions is None:
        if generator is None:
            raise ValueError("give directions, or a torch.Generator to draw them with")
        validation.at_least(n_directions, "n_directions", 1)
        directions = random_directions(n_directions, x.shape[-1], generator, x)
    return power_mean(per_direction(x, y, directions, wx, wy, p=p), None, p)


def per_direction(
    x: Tensor, y: Tensor, directions: Tensor, wx: Tensor | None = None, wy: Tensor | None = None, *, p: float = 2.0
) -> Tensor:
    """W_p of the projections onto each direction: x (..., n, d), y (..., m, d), directions (..., k, d) → (..., k)."""
    _check_points(x, y)
    _check_directions(directions, x)
    x, y, directions = promoted(x, y, directions)
    on_x, on_y = directions @ x.mT, directions @ y.mT  # (..., k, n), (..., k, m)
    return wasserstein_1d(on_x, on_y, _for_each(wx, "wx", x, on_x), _for_each(wy, "wy", y, on_y), p)


def random_directions(k: int, d: int, generator: torch.Generator, like: Tensor) -> Tensor:
    """K directions (k, d), uniform on the sphere: normal draws on the generator's device, of length 1 in `like`'s."""
    draws = torch.randn(k, d, generator=generator, dtype=torch.float64, device=generator.device)
    directions: Tensor = draws / torch.linalg.vector_norm(draws, dim=-1, keepdim=True)
    return directions.to(device=like.device, dtype=like.dtype if like.is_floating_point() else torch.float64)


def _for_each(w: Tensor | None, name: str, points: Tensor, projected: Tensor) -> Tensor | None:
    """The weights (..., n), once for each direction: (..., k, n)."""
    if w is None:
        return None
    same_shape(w, name, points.shape[:-1], name[-1])
    return w.unsqueeze(-2).expand(projected.shape)


def _check_points(x: Tensor, y: Tensor) -> None:
    for points, name in ((x, "x"), (y, "y")):
        validation.rank(points, name, 2, "(..., n, d)")
        validation.non_empty(points, name, "(..., n, d)")
        check_numbers(points, name)
    same_shape(y, "y", (*x.shape[:-2], y.shape[-2], x.shape[-1]), "x")


def _check_directions(directions: Tensor, x: Tensor) -> None:
    d = x.shape[-1]
    validation.rank(directions, "directions", 2, "(..., k, d)")
    validation.non_empty(directions, "directions", "(..., k, d)")
    check_numbers(directions, "directions")
    if directions.shape[-1] != d or directions.shape[:-2] not in (x.shape[:-2], ()):
        raise ValueError(
            f"directions must have shape {(*x.shape[:-2], 'k', d)} to match x, got {tuple(directions.shape)}"
        )
    length = directions.square().sum(-1)
    bad = ~((length - 1).abs() <= 16 * d * max(roundoff(directions), roundoff(x)))
    if bool(bad.any()):
        raise ValueError(f"directions must have length 1, got {length[bad][0].sqrt().item():.6g}; divide by the length")
