"""The boosting loop: discrete AdaBoost for two classes and SAMME for many, over all lanes at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from impl.adaboost.cuts import presort
from impl.adaboost.ensemble import Ensemble, Log, concatenate
from impl.adaboost.resampling import draw_counts
from impl.adaboost.rules import RULES, SAMME, Rules
from impl.adaboost.stump import check_weighted, heaviest
from impl.core import validation

CELLS = 2**19
"""Values per working array: lanes are taken in chunks, so that a round's arrays stay near the second-level cache.

As large as that allows: an operation costs microseconds however small, and a round is about 70 of them.
"""


def fit_discrete(
    X: Tensor,
    y: Tensor,
    w: Tensor,
    *,
    rounds: int,
    rules: Rules = RULES,
    learning_rate: float = 1.0,
    resample: torch.Generator | None = None,
    trace: bool = True,
) -> Ensemble:
    """Discrete AdaBoost with stumps (Freund & Schapire 1997, Fig. 2), α = ½ ln((1−ε)/ε).

    X: (*b, n, d), y: (*b, n) in {−1, +1}, w: (*b, n). Device and dtype come from X. `resample`: fit each stump to n
    rows drawn from D with this CPU generator, instead of to the weights. `trace` records D_m, h_m and F_m.
    Synchronisations: two for each chunk of lanes, none per round.

    Raises ValueError: empty or non-finite X, other labels, negative, non-finite or all-zero weights, other lengths,
    rounds < 1, learning_rate ≤ 0; TypeError: X not float32 or float64.
    """
    check_weighted(X, y, w, (-1, 1))
    return _fit(X, y, w, _Plan((1.0, -1.0), rounds, rules, learning_rate, resample, trace))


def fit_samme(
    X: Tensor,
    y: Tensor,
    w: Tensor,
    *,
    n_classes: int,
    rounds: int,
    rules: Rules = SAMME,
    learning_rate: float = 1.0,
    resample: torch.Generator | None = None,
    trace: bool = True,
) -> Ensemble:
    """SAMME with stumps that say a class on each side (Zhu, Zou, Rosset & Hastie 2009, Algorithm 2).

    y: (*b, n) in {0, …, K−1}; the rest as in `fit_discrete`, and α = ln((1−ε)/ε) + ln(K−1).
    """
    validation.at_least(n_classes, "n_classes", 2)
    labels = tuple(float(k) for k in range(n_classes))
    check_weighted(X, y, w, labels)
    return _fit(X, y, w, _Plan(labels, rounds, rules, learning_rate, resample, trace))


@dataclass(frozen=True)
class _Plan:
    labels: tuple[float, ...]
    rounds: int
    rules: Rules
    learning_rate: float
    resample: torch.Generator | None
    trace: bool


@torch.no_grad()
def _fit(X: Tensor, y: Tensor, w: Tensor, plan: _Plan) -> Ensemble:
    """Run the loop on chunks of lanes (all at once when drawing, so that the draws come round by round)."""
    validation.at_least(plan.rounds, "rounds", 1)
    if not plan.learning_rate > 0:
        raise ValueError(f"learning_rate must be positive, got {plan.learning_rate}")
    batch, (n, d) = X.shape[:-2], X.shape[-2:]
    flat = X.reshape(-1, n, d), y.to(X.dtype).reshape(-1, n), w.to(X.dtype).reshape(-1, n)
    size = len(flat[0]) if plan.resample is not None else max(1, CELLS // (n * d))
    starts = range(0, len(flat[0]), size)
    parts = [_boost(*(values[start : start + size] for values in flat), plan=plan) for start in starts]
    return concatenate(parts).reshape(*batch)


def _boost(X: Tensor, y: Tensor, w: Tensor, *, plan: _Plan) -> Ensemble:
    """Boost the lanes of X (lane, n, d): a fixed number of rounds, in which stopped lanes idle with α = 0."""
    rules, n_classes, cuts = plan.rules, len(plan.labels), presort(X)
    y, w = y.T.contiguous(), w.T.contiguous()
    D = rules.initial(w)
    going = torch.ones_like(D[0], dtype=torch.bool)
    log = Log(plan.labels, _majority(y, w, plan.labels), [D])
    chance = rules.chance(n_classes) - len(D) * torch.finfo(D.dtype).eps / 2
    for _ in range(plan.rounds):
        seen = D if plan.resample is None else draw_counts(D, plan.resample, rules.resample)
        choice = rules.stump(cuts, seen, y, n_classes)
        right = rules.route(cuts.column(choice.column), choice.threshold)
        says = torch.lerp(choice.left, choice.right, right, out=right)
        wrong = (says.clone() if plan.trace else says).ne_(y)
        eps, accuracy = rules.error(D, wrong)
        kept = going & (eps < chance)
        going = kept & (eps > 0)
        stopped = ~going
        alpha = rules.alpha(eps, accuracy, n_classes).masked_fill(stopped, 0) * plan.learning_rate
        updated = rules.update(D, alpha, wrong)
        D = updated / rules.normaliser(updated).masked_fill(stopped, 1)
        log.add(choice, eps, alpha, kept)
        if plan.trace:
            log.trace(D, says)
    return log.ensemble(rules)


def _majority(y: Tensor, w: Tensor, labels: tuple[float, ...]) -> Tensor:
    """The heaviest label of each lane, the first of equals: (lane,)."""
    masses = torch.stack([y.clone().eq_(label).mul_(w).sum(0) for label in labels])
    return y.new_tensor(labels).index_select(0, heaviest(masses))
