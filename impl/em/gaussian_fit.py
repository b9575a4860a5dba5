"""EM for Gaussian mixtures, many at once, and an error where a component collapses."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from impl.em.driver import EMResult, run
from impl.em.errors import DegenerateCovarianceError
from impl.em.gaussian import Gaussians, Scratch, root, variances
from impl.em.gaussian_fused import Fused, lanes_fused
from impl.em.gaussian_steps import STEPS, Steps, as_columns, e_step, m_step, ridged

CELLS = 2**18
"""Deviations, in float64, of a block of lanes: enough that calls cost little, few enough that they stay near."""

REMEDY = "add a ridge or take fewer components"


@dataclass(frozen=True)
class Plan:
    """What a fit does, besides its data and its start.

    kind: of the covariances. max_iter, tol, keep: as in `driver.run`; tol is in nats. ridge: added to the variances
    after each M-step. bounds: whether the lower bound is recorded after each M-step.
    """

    kind: str
    max_iter: int
    tol: float | None = None
    ridge: float = 0.0
    keep: bool = False
    bounds: bool = False
    steps: Steps = STEPS


@torch.no_grad()
def fit(x: Tensor, start: Gaussians, plan: Plan, weight: Tensor | None = None) -> EMResult[Gaussians]:
    """Run EM on x (lane, n, d) from a mixture for each lane.

    weight (lane, n): how often each row counts, None for once; what stands in a row that counts 0 times is not looked
    at. A component that starts with weight 0 keeps its mean and covariance: the likelihood does not depend on them. The
    host waits a few times for each block of lanes, and in each step where there is a tol. Many small problems on the
    CPU with tol=None take the same steps with fewer calls, see `gaussian_fused`.

    Raises DegenerateCovarianceError where a covariance becomes singular or a component loses all data: the likelihood
    has no maximum there (Kiefer & Wolfowitz 1956), so the remedy is a ridge or fewer components.
    """
    lanes, n, d = x.shape
    size = max(1, CELLS * 8 // (x.element_size() * d * n * start.weights.shape[1]))
    if is_fused(x, start, plan):
        size = lanes_fused(x, start.weights.shape[1])
    parts, scratch = [], Scratch()
    for first in range(0, lanes, size):
        some = slice(first, first + size)
        w = None if weight is None else weight[some]
        parts.append(fit_block(x[some], Gaussians(*(part[some] for part in start)), plan, w, scratch))
        raise_collapse(parts[-1], x, start, plan, weight, first)
    return parts[0] if len(parts) == 1 else joined(parts)


def fit_block(x: Tensor, start: Gaussians, plan: Plan, weight: Tensor | None, scratch: Scratch) -> EMResult[Gaussians]:
    """EM on lanes that fit the cache together. NaN from where a component collapses."""
    if is_fused(x, start, plan):
        return fit_fused(x, start, plan, weight, scratch)
    columns, kind, steps = as_columns(x), plan.kind, plan.steps
    start = Gaussians(*(lane_inmost(part) for part in start))
    w = None if weight is None else weight.T.contiguous()
    if w is not None:
        columns = without_padding(columns, w)

    def total(value: Tensor) -> Tensor:
        return (value if w is None else value * w).sum(0)

    def guess(mixture: Gaussians) -> tuple[Tensor, Tensor]:
        resp, value = e_step(columns, mixture, kind, steps, scratch)
        return resp, total(value)

    idle = start.weights == 0
    some_idle = bool(idle.any())

    def maximise(resp: Tensor, old: Gaussians) -> Gaussians:
        new = steps.m_step(columns, resp, w, kind, old, scratch)
        new = settled(new._replace(covariances=steps.ridged(new.covariances, kind, plan.ridge)), kind)
        return with_idle(idle, old, new, kind) if some_idle else new

    def bound(resp: Tensor, mixture: Gaussians) -> Tensor:
        return total(steps.bound(steps.joint(columns, mixture, kind, Scratch()), resp))

    return run(
        guess, maximise, start, max_iter=plan.max_iter, tol=plan.tol, elbo=bound if plan.bounds else None,
        keep=plan.keep,
    )  # fmt: skip


def is_fused(x: Tensor, start: Gaussians, plan: Plan) -> bool:
    """Whether `Fused` takes this fit: small problems by our formulas, all for the same number of steps."""
    ours = plan.steps == STEPS and plan.tol is None
    return ours and lanes_fused(x, start.weights.shape[1]) > 0 and not bool((start.weights == 0).any())


def fit_fused(x: Tensor, start: Gaussians, plan: Plan, weight: Tensor | None, scratch: Scratch) -> EMResult[Gaussians]:
    """`fit_block` by `Fused`; lanes where it cannot take a step take it by the general formulas."""
    (lanes, n, d), k, kind = x.shape, start.weights.shape[1], plan.kind
    columns, w = x.permute(2, 1, 0), None if weight is None else weight.T.contiguous()
    if w is not None:
        columns = without_padding(columns, w)
    fused = scratch.made((d, n, k, lanes, kind, w is None), lambda: Fused(d, n, k, lanes, kind, x, w is not None))
    fused.read(columns, w)
    fused.load(start, slice(None))

    def guess(_: tuple[Tensor]) -> tuple[Tensor, Tensor]:
        resp = columns.new_empty((k, n, lanes)) if plan.bounds else columns
        return resp, fused.e_step(resp if plan.bounds else None)

    def maximise(_: Tensor, old: tuple[Tensor]) -> tuple[Tensor]:
        some = fused.m_step(plan.ridge)
        if some is not None:
            rows, before = columns[..., some].contiguous(), fused.mixture(fused.before[..., some])
            counts = None if w is None else w[:, some]
            new = m_step(rows, e_step(rows, before, kind, STEPS, scratch)[0], counts, kind, before, scratch)
            fused.load(settled(new._replace(covariances=ridged(new.covariances, kind, plan.ridge)), kind), some)
        return (fused.state.clone(),) if plan.keep else (fused.state,)

    def bound(resp: Tensor, state: tuple[Tensor]) -> Tensor:
        joint = STEPS.joint(columns, fused.mixture(state[0]), kind, Scratch())
        value = STEPS.bound(joint, resp)
        return (value if w is None else value * w).sum(0)

    first = (fused.state.clone(),) if plan.keep else (fused.state,)
    found = run(guess, maximise, first, max_iter=plan.max_iter, elbo=bound if plan.bounds else None, keep=plan.keep)
    path = tuple(fused.mixture(state) for (state,) in found.path)
    return EMResult(fused.mixture(fused.state), found.log_likelihood, found.elbo, found.n_iter, found.converged, path)


def lane_inmost(values: Tensor) -> Tensor:
    """The same tensor (lane, …), with the lane last in memory."""
    return values.movedim(0, -1).contiguous().movedim(-1, 0)


def without_padding(columns: Tensor, weight: Tensor) -> Tensor:
    """The columns (d, n, lane) with rows of weight 0 replaced by the heaviest row, so that they cannot overflow."""
    heaviest = weight.argmax(0, keepdim=True).expand(len(columns), 1, -1)
    return torch.where(weight > 0, columns, columns.gather(1, heaviest))


def settled(new: Gaussians, kind: str) -> Gaussians:
    """The mixture after an M-step, marked where a component has collapsed so that all that follows is NaN.

    A component that has lost its weight gets the weight NaN, and so does one with a variance within (16 u |μ|)², which
    is what rounding the mean leaves of 0.
    """
    limits = torch.finfo(new.weights.dtype)
    means = new.means
    spare = torch.addcmul(variances(new.covariances, kind), means, means, value=-((8 * limits.eps) ** 2)).amin(-1)
    weights = torch.nn.functional.threshold(new.weights, limits.tiny / limits.eps, torch.nan)
    return new._replace(weights=weights.masked_fill_(spare <= 0, torch.nan))


def with_idle(idle: Tensor, old: Gaussians, new: Gaussians, kind: str) -> Gaussians:
    """The new mixture, with the mean and the covariance of idle components kept, and their weight 0."""
    S = new.covariances
    if kind != "tied":
        S = torch.where(idle.reshape(*idle.shape, *[1] * (S.dim() - 2)), old.covariances, S)
    return Gaussians(new.weights.masked_fill(idle, 0), torch.where(idle.unsqueeze(-1), old.means, new.means), S)


def raise_collapse(
    found: EMResult[Gaussians], x: Tensor, start: Gaussians, plan: Plan, weight: Tensor | None, first: int
) -> None:
    """Raise for the first lane whose log-likelihood is not a number at the end, naming what collapsed and when.

    That lane is run once more with its whole path: all lanes would be watched for nothing. first: the number of the
    first lane in `found`.
    """
    ill = ~torch.isfinite(found.log_likelihood[:, -1])
    if not bool(ill.any()):
        return
    lane = first + int(ill.nonzero()[0])
    one = slice(lane, lane + 1)
    watched = replace(plan, tol=None, keep=True, bounds=False)
    again = fit_block(
        x[one], Gaussians(*(p[one] for p in start)), watched, None if weight is None else weight[one], Scratch()
    )
    for step, mixture in enumerate(again.path):
        where = f"after {step} steps" + (f" in lane {lane}" if len(x) > 1 else "")
        raise_degenerate(mixture, plan.kind, where)
    raise ValueError(f"x in lane {lane} is too far from every component for {x.dtype}: rescale it or use float64")


def raise_degenerate(mixture: Gaussians, kind: str, where: str = "") -> None:
    """Raise DegenerateCovarianceError for the first component that has lost its weight or has no Cholesky factor."""
    singular = root(mixture.covariances, kind, mixture.means.shape[-1]).singular.T
    bad = singular | torch.isnan(mixture.weights)
    if bool(bad.any()):
        lane, k = bad.nonzero()[0].tolist()
        place = where or (f"in lane {lane}" if len(bad) > 1 else "")
        raise DegenerateCovarianceError(
            f"component {k} has collapsed{' ' * bool(place)}{place}: its covariance is singular or it has lost all its "
            f"data; {REMEDY}"
        )


def joined(parts: list[EMResult[Gaussians]]) -> EMResult[Gaussians]:
    """Results of blocks of lanes as one; a block in which all lanes have stopped waits for the others."""
    length = max(part.log_likelihood.shape[-1] for part in parts)

    def mixture(values: list[Gaussians]) -> Gaussians:
        return Gaussians(*(torch.cat(same) for same in zip(*values, strict=True)))

    def trace(values: list[Tensor], length: int) -> Tensor:
        return torch.cat([torch.cat([v, v[:, -1:].expand(-1, length - v.shape[1])], 1) for v in values])

    bounds = [part.elbo for part in parts if part.elbo is not None]
    paths = [part.path + part.path[-1:] * (length - len(part.path)) for part in parts if part.path]
    return EMResult(
        mixture([part.params for part in parts]),
        trace([part.log_likelihood for part in parts], length),
        trace(bounds, length - 1) if bounds else None,
        torch.cat([part.n_iter for part in parts]),
        torch.cat([part.converged for part in parts]),
        tuple(mixture(list(entries)) for entries in zip(*paths, strict=True)),
    )


def start_at(x: Tensor, index: Tensor, kind: str, weight: Tensor | None = None, ridge: float = 0.0) -> Gaussians:
    """A mixture of equal weights whose means are the rows `index` (lane, k), each with the covariance of all data."""
    columns, (lanes, k) = as_columns(x), index.shape
    w = None if weight is None else weight.T.contiguous()
    if w is not None:
        columns = without_padding(columns, w)
    whole = m_step(columns, torch.ones_like(columns[:1]), w, kind, None, Scratch()).covariances
    spread = ridged(whole, kind, ridge)
    if kind != "tied":
        spread = spread.expand(lanes, k, *spread.shape[2:])
    means = x.gather(1, index.unsqueeze(-1).expand(lanes, k, x.shape[-1]))
    return Gaussians(torch.full_like(means[..., 0], 1 / k), means, spread)
