"""Empirical risk minimisation over a finite class on a finite domain."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from impl.core import validation
from impl.overfitting.fitting_checks import check_numbers, check_shape


class Risk(NamedTuple):
    """chosen (*B): the first hypothesis of least loss on the sample; training, risk (*B): its loss there, expected."""

    chosen: Tensor
    training: Tensor
    risk: Tensor


def sample_losses(losses: Tensor, sample: Tensor) -> Tensor:
    """Mean loss of each hypothesis on the sample: losses (*B, m, q), sample (*B, n) indices → (*B, m)."""
    index = sample.unsqueeze(-2).expand(*losses.shape[:-1], sample.shape[-1])
    return losses.gather(-1, index).mean(-1)


def check_risk(losses: Tensor, weights: Tensor, sample: Tensor) -> None:
    """Raise ValueError, naming what is wrong; see `minimise`."""
    check_numbers(losses, "losses", 2, "(..., m, q)")
    check_shape(weights, "weights", (*losses.shape[:-2], losses.shape[-1]), "losses")
    validation.finite(weights, "weights")
    validation.non_negative(weights, "weights")
    off = (weights.sum(-1) - 1).abs() > losses.shape[-1] * torch.finfo(weights.dtype).eps
    if bool(off.any()):
        raise ValueError(f"weights must sum to 1, got {weights.sum(-1)[off][0].item()!r}")
    validation.non_empty(sample, "sample", "(..., n)")
    bad = (sample < 0) | (sample >= losses.shape[-1])
    if bool(bad.any()):
        raise ValueError(f"sample must hold indices of the {losses.shape[-1]} points, got {sample[bad][0].item()!r}")


def minimise(losses: Tensor, weights: Tensor, sample: Tensor) -> Risk:
    """Choose the hypothesis of least mean loss on the sample, the first of equals.

    losses: (*B, m, q), of m hypotheses at q points; weights: (*B, q) ≥ 0, sum 1: how likely each point is;
    sample: (*B, n) indices of points. Raises ValueError for indices out of range and for weights that do not sum to 1.

    Source: Vapnik 1998, section 1.5.
    """
    check_risk(losses, weights, sample)
    seen = sample_losses(losses, sample)
    return judged(losses, weights, seen, seen.argmin(-1))


def judged(losses: Tensor, weights: Tensor, seen: Tensor, chosen: Tensor) -> Risk:
    """What a choice (*B) costs on the sample, whose mean losses are `seen` (*B, m), and under the weights."""
    expected = (losses * weights.unsqueeze(-2)).sum(-1)
    pick = chosen.unsqueeze(-1)
    return Risk(chosen, seen.gather(-1, pick).squeeze(-1), expected.gather(-1, pick).squeeze(-1))
