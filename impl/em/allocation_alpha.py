"""Newton's method for the Dirichlet parameter α of latent Dirichlet allocation, in time linear in the topics.

The bound's part in α is f(α) = r (log Γ(Σ α) − Σ log Γ(α_k)) + Σ_k (α_k − 1) s_k with s = Σ_r E log θ_r; it is concave.
Its Hessian is a diagonal and a constant, diag(h) + z 1 1ᵀ, h_k = −r ψ'(α_k), z = r ψ'(Σ α), so that its inverse times
the gradient takes O(k) (Blei, Ng & Jordan 2003, appendices A.2 and A.4.2).
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.em.allocation import expected_log, log_normaliser

HALVINGS = 64
"""Steps that are tried, 1, ½, ¼, …: the smallest is beyond the range of α in either dtype."""


def trigamma(x: Tensor) -> Tensor:
    """ψ'(x) = ζ(2, x). torch.polygamma(1, x) is right to nine digits only, in float64 too."""
    series: Tensor = torch.special.zeta(torch.full_like(x, 2), x)
    return series


def alpha_gradient(alpha: Tensor, gamma: Tensor) -> Tensor:
    """g_k = r (ψ(Σ α) − ψ(α_k)) + Σ_r (ψ(γ_rk) − ψ(Σ γ_r)): alpha (*B, k), gamma (*B, r, k) → (*B, k)."""
    return expected_log(gamma).sum(-2) - gamma.shape[-2] * expected_log(alpha)


def newton_direction(alpha: Tensor, gamma: Tensor) -> Tensor:
    """H⁻¹ g = (g_k − c) ∕ h_k, c = Σ(g ∕ h) ∕ (1 ∕ z + Σ 1 ∕ h) (Sherman & Morrison): (*B, k).

    With one topic f is constant, H = h + z = 0 and g = 0: the direction is 0.
    """
    if alpha.shape[-1] == 1:
        return torch.zeros_like(alpha)
    g, r = alpha_gradient(alpha, gamma), gamma.shape[-2]
    h = -r * trigamma(alpha)
    z = r * trigamma(alpha.sum(-1, keepdim=True))
    c = (g / h).sum(-1, keepdim=True) / (1 / z + (1 / h).sum(-1, keepdim=True))
    return (g - c) / h


def damped_step(alpha: Tensor, gamma: Tensor, direction: Tensor) -> Tensor:
    """α − t · direction with the first t of 1, ½, ¼, … where it is positive and f is not lower: (*B, k).

    f is not lower where its slope along the step is still upward at the end, as f is concave, or where f is seen to
    be higher by more than rounding: 16 (k + 8) u of the terms. So no step is taken on the word of a rounding error.
    All steps are tried at once, nothing waits for the device.
    """
    sums = expected_log(gamma).sum(-2).unsqueeze(-2)
    t = 0.5 ** torch.arange(HALVINGS, device=alpha.device, dtype=alpha.dtype).unsqueeze(-1)  # (halvings, 1)
    tried = alpha.unsqueeze(-2) - t * direction.unsqueeze(-2)  # (*B, halvings, k)
    positive = (tried > 0).all(-1)
    safe = torch.where(positive.unsqueeze(-1), tried, alpha.unsqueeze(-2))
    moved = safe - alpha.unsqueeze(-2)
    slope = (moved * (sums - gamma.shape[-2] * expected_log(safe))).sum(-1)
    rise, noise = _rise(alpha.unsqueeze(-2), safe, sums, gamma.shape[-2])
    good = positive & ((slope >= 0) | (rise > noise))
    first = torch.where(good, torch.arange(HALVINGS, device=alpha.device), HALVINGS).amin(-1, keepdim=True)
    chosen = safe.gather(-2, first.clamp(max=HALVINGS - 1).unsqueeze(-1).expand(*first.shape, alpha.shape[-1]))
    return torch.where(first < HALVINGS, chosen.squeeze(-2), alpha)


def _rise(alpha: Tensor, new: Tensor, sums: Tensor, documents: int) -> tuple[Tensor, Tensor]:
    """f(new) − f(α), and what rounding may make of it: (*B, halvings) each."""
    linear = (new - alpha) * sums
    rise = documents * (log_normaliser(alpha) - log_normaliser(new)) + linear.sum(-1)
    terms = [x.lgamma().abs().sum(-1) + x.sum(-1).lgamma().abs() + x.shape[-1] for x in (alpha, new)]
    size = documents * (terms[0] + terms[1]) + linear.abs().sum(-1)
    return rise, 8 * (alpha.shape[-1] + 8) * torch.finfo(alpha.dtype).eps * size
