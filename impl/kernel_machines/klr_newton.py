"""Kernel logistic regression by Newton's method on the system from which K is cancelled.

(2λI + WK) δ = −r, with r the reduced residual and W = diag(w) ≥ 0. The matrix is never singular, though the Hessian
K (2λI + WK) ∕ n is as singular as K. δ = (v − r) ∕ 2λ with

    (2λI + WK) v = WKr,    or with v = Sz, S = √W,    (2λI + SKS) z = SKr,

a symmetric system whose eigenvalues are at least 2λ.
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.kernel_machines.klr_certificate import clipped
from impl.kernel_machines.klr_derivatives import curvatures, residual, scores
from impl.kernel_machines.losses import logistic
from impl.kernel_machines.newton_step import Watch, step_length

_EASY = 64.0
"""Up to such a ratio of eigenvalues a few products with K are quicker than a factor."""
_PRODUCTS = 32


def by_factor(K: Tensor, penalty: Tensor, w: Tensor, pull: Tensor) -> tuple[Tensor, Tensor]:
    """V with (2λI + WK) v = W pull, by a Cholesky factor of 2λI + SKS, and Kv: (lane, n) each."""
    s = w.sqrt()
    system = (s.unsqueeze(-1) * s.unsqueeze(-2)).mul_(K)
    system.diagonal(dim1=-2, dim2=-1).add_(2 * penalty.unsqueeze(-1))
    factor = torch.linalg.cholesky_ex(system).L
    v = s * torch.cholesky_solve((s * pull).unsqueeze(-1), factor).squeeze(-1)
    return v, scores(K, v)


def by_products(K: Tensor, penalty: Tensor, w: Tensor, pull: Tensor, enough: Tensor) -> tuple[Tensor, Tensor]:
    """The same by conjugate gradients, until the mean of off² w is `enough` (lane,), with W off what is left.

    They are those of the symmetric system, with off = S⁻¹ times its residual, so that S is not needed. Whatever they
    are stopped at, v − r descends: vᵀpull only grows towards what it is at the solution.
    """
    v = image = torch.zeros_like(pull)
    off = along = pull
    least, twice, enough = torch.finfo(w.dtype).tiny, 2 * penalty.unsqueeze(-1), enough * w.shape[-1]
    size = (w * off.square()).sum(-1)
    for _ in range(_PRODUCTS):
        if not bool((size > enough).any()):
            break
        weighed = w * along
        product = scores(K, weighed)
        bent = torch.addcmul(product, twice, along)
        share = (size / (weighed * bent).sum(-1).clamp(min=least)).unsqueeze(-1)
        v, image = torch.addcmul(v, share, weighed), torch.addcmul(image, share, product)
        off = torch.addcmul(off, share, bent, value=-1)
        before, size = size, (w * off.square()).sum(-1)
        along = torch.addcmul(off, (size / before.clamp(min=least)).unsqueeze(-1), along)
    return v, image


def frobenius(K: Tensor) -> Tensor:
    """‖K‖ in the Frobenius norm, at least the largest eigenvalue: (lane,)."""
    flat = K.flatten(-2).unsqueeze(-2)
    return (flat @ flat.mT)[:, 0, 0].sqrt()


def bound(w: Tensor, r: Tensor, f: Tensor) -> Tensor:
    """What the gap is at most where 2λβy = a lies in [0, 1]: the mean of min(r² ∕ w, 2|r|(1 + |f|)): (*B).

    KL(a ‖ p) ≤ χ² = r² ∕ w, and as KL is convex in a it is below its chords from p to 0 and 1, whose slopes are at most
    2(1 + |f|). The first is of second order, the second holds on where w underflows.
    """
    curved = r.square() / w.clamp(min=torch.finfo(w.dtype).tiny)
    return torch.minimum(curved, 2 * r.abs() * (1 + f.abs())).mean(-1)


def newton(K: Tensor, y: Tensor, penalty: Tensor, goal: Tensor, max_iter: int, polish: bool) -> tuple[Tensor, Tensor]:
    """The β (lane, n) of the least bound on the gap that was met, and the steps taken (lane,).

    Where every system is well conditioned they are solved by products, to as many digits as the step will be worth:
    the next residual is then W times what is left of the system, and so the next bound is its mean square.
    """
    beta = f = answer = torch.zeros_like(y)
    rounds = torch.zeros_like(goal, dtype=torch.int64)
    watch, on = Watch(goal, polish=polish), torch.ones_like(goal, dtype=torch.bool)
    easy = bool((frobenius(K) <= 8 * _EASY * penalty).all())
    for k in range(max_iter + 1):
        w, r = curvatures(y, f), residual(y, penalty, beta, f)
        gap = bound(w, r, f)
        if not polish and bool((gap <= goal).any()):
            gap = gap + clipped(K, y, penalty, beta)
        answer = torch.where(watch.better(gap).unsqueeze(-1), beta, answer)
        on = on & watch.going(gap)
        if k == max_iter or not bool(on.any()):
            break
        pull = scores(K, r)
        enough = torch.where(on, torch.maximum(gap * gap.clamp(max=0.01), watch.end / 4), torch.inf)
        solved = by_products(K, penalty, w, pull, enough) if easy else by_factor(K, penalty, w, pull)
        delta, change = ((v - u) / (2 * penalty.unsqueeze(-1)) for v, u in zip(solved, (r, pull), strict=True))
        t = _length(y, penalty, (beta, f), (delta, change), w, -(r * change).mean(-1))
        beta = torch.addcmul(beta, t, delta)
        f = scores(K, beta) if polish else torch.addcmul(f, t, change)
        rounds = rounds + on
    return answer, rounds


_SHARES = (1.0, 0.5, 0.25, 0.125)


def _length(
    y: Tensor, penalty: Tensor, here: tuple[Tensor, Tensor], step: tuple[Tensor, Tensor], w: Tensor, decrement: Tensor
) -> Tensor:
    """How much of the step δ, Kδ is taken from β, Kβ: (lane, 1).

    The proven length, or the largest of a few longer ones whose fall is a quarter of what the slope promises.
    """
    (beta, f), (delta, change) = here, step
    bend = (change * torch.addcmul(w * change, 2 * penalty.unsqueeze(-1), delta)).mean(-1)
    length = step_length(change.abs().amax(-1), decrement, bend)
    searching = length < 1
    if not bool(searching.any()):
        return length.unsqueeze(-1)
    loss = logistic(y * f)
    slope, square = 2 * penalty * (beta * change).mean(-1), penalty * (delta * change).mean(-1)
    for share in _SHARES:
        if not bool(searching.any()):
            break
        fall = (loss - logistic(y * (f + share * change))).mean(-1) - share * slope - share**2 * square
        pays = searching & (share > length) & (fall >= share * decrement / 4)
        length, searching = torch.where(pays, share, length), searching & ~pays & (share > length)
    return length.unsqueeze(-1)
