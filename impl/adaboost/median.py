"""The weighted median: where half of the weight has been passed."""

from __future__ import annotations

from torch import Tensor

from impl.adaboost.cuts import first, sums_left
from impl.core import validation


def weighted_median(values: Tensor, weights: Tensor) -> Tensor:
    """The smallest value whose cumulative weight reaches half of the total: (*b) for values, weights (*b, t).

    It minimises Σ_t w_t |v_t − c| over c, and lies between the smallest and the largest value.
    """
    ordered, order = values.reshape(-1, values.shape[-1]).sort(dim=-1, stable=True)
    sorted_weights = weights.reshape(ordered.shape).gather(-1, order).T.contiguous()  # (t, lane)
    cumulative = sums_left(sorted_weights) + sorted_weights
    place = first((cumulative >= cumulative[-1] / 2).to(values.dtype))
    return ordered.gather(-1, place[:, None])[:, 0].view(values.shape[:-1])


def check_median(values: Tensor, weights: Tensor) -> None:
    """Raise ValueError or TypeError where values and weights (*b, t) have no weighted median."""
    validation.rank(values, "values", 1, "(..., t)")
    validation.floating(values, "values")
    validation.non_empty(values, "values", "(..., t)")
    validation.same_length(values[..., None], "values", weights, "weights")
    validation.finite(values, "values")
    validation.finite(weights, "weights")
    validation.non_negative(weights, "weights")
    validation.positive_sum(weights, "weights")
