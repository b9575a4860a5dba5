"""Verdicts and counts of what a plane separates, with one classic mistake each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from math import comb
from typing import Any

import torch
from torch import Tensor

from impl.core.subject import Mutant, mutant
from impl.perceptron.asked.separation import SEPARATION
from impl.perceptron.boolean import Network, fire, minterm, readout
from impl.perceptron.counting import cover_count
from impl.perceptron.points import augmented, truth_table
from impl.perceptron.separation import decide
from impl.perceptron.subject import subject

Proof = tuple[Tensor, Tensor, Tensor]


def _wrong(name: str, mistake: str, /, **formulas: Callable[..., Any]) -> Mutant:
    return mutant(name, mistake, subject("", separation=replace(SEPARATION, **formulas)))


# Points with their constant.


def _with_zero(x: Tensor, intercept: bool) -> Tensor:
    return torch.cat([x, torch.zeros_like(x[..., :1])], -1) if intercept else x


def _with_minus_one(x: Tensor, intercept: bool) -> Tensor:
    return torch.cat([x, -torch.ones_like(x[..., :1])], -1) if intercept else x


def _centred(x: Tensor, intercept: bool) -> Tensor:
    """N times the points' distance from their mean, so that it is whole."""
    return augmented(x * x.shape[-2] - x.sum(-2, keepdim=True), intercept)


# Verdicts: (signed rows, strict) → solvable, w, certificate.


def _all_alike(rows: Tensor, w: Tensor) -> Proof:
    """Whether w holds on every row; if not, all rows alike are the alleged certificate."""
    solvable = ((rows @ w.unsqueeze(-1)).squeeze(-1) > 0).all(-1)
    alike = torch.ones_like(rows[..., 0]) * ~solvable.unsqueeze(-1)
    return solvable, w * solvable.unsqueeze(-1), alike


def _on_the_plane(rows: Tensor, strict: Tensor) -> Proof:
    return decide(rows, torch.zeros_like(strict))


def _one_row_is_enough(rows: Tensor, strict: Tensor) -> Proof:
    return decide(rows, strict & (strict.cumsum(-1) == 1))


def _mean_difference(rows: Tensor, strict: Tensor) -> Proof:
    return _all_alike(rows, rows.sum(-2))


def _least_squares(rows: Tensor, strict: Tensor) -> Proof:
    """Weights of the normal equations (with 2^−10 on the diagonal), rounded to thousandths."""
    ridge = torch.eye(rows.shape[-1], dtype=rows.dtype, device=rows.device) / 1024
    w = torch.linalg.solve(rows.mT @ rows + ridge, rows.sum(-2, keepdim=True).mT)
    return _all_alike(rows, (1000 * w.squeeze(-1)).round())


def _few_epochs(rows: Tensor, strict: Tensor) -> Proof:
    w = torch.zeros_like(rows[..., 0, :])
    for _ in range(5):
        for row in rows.unbind(-2):
            w = w + row * ((w * row).sum(-1, keepdim=True) <= 0)
    return _all_alike(rows, w)


def _small_weights(rows: Tensor, strict: Tensor) -> Proof:
    """The first of the weights −1, 0, 1 that separates."""
    grid = torch.tensor(list(product((0, 1, -1), repeat=rows.shape[-1])), dtype=rows.dtype, device=rows.device)
    good = (rows @ grid.T > 0).all(-2)
    return _all_alike(rows, grid[good.to(torch.int8).argmax(-1)])


def _probabilities(rows: Tensor, strict: Tensor) -> Proof:
    solvable, w, certificate = decide(rows, strict)
    return solvable, w, certificate / certificate.sum(-1, keepdim=True).clamp(min=1)


def _unit_weights(rows: Tensor, strict: Tensor) -> Proof:
    solvable, w, certificate = decide(rows, strict)
    return solvable, w / torch.linalg.vector_norm(w, dim=-1, keepdim=True).clamp(min=1), certificate


def _only_signs(rows: Tensor, strict: Tensor) -> Proof:
    solvable, w, certificate = decide(rows, strict)
    return solvable, w.sign(), certificate


def _support_alike(rows: Tensor, strict: Tensor) -> Proof:
    solvable, w, certificate = decide(rows, strict)
    return solvable, w, certificate.sign()


def _other_way_round(rows: Tensor, strict: Tensor) -> Proof:
    solvable, w, certificate = decide(rows, strict)
    return solvable, -w, certificate


# Truth tables.


def _lowest_first(variables: int, inputs: str) -> Tensor:
    return truth_table(variables, inputs).flip(-1)


def _always_digits(variables: int, inputs: str) -> Tensor:
    return truth_table(variables, "01" if inputs == "signs" else inputs)


def _signs_turned(variables: int, inputs: str) -> Tensor:
    rows = truth_table(variables, inputs)
    return -rows if inputs == "signs" else rows


def _on_zeros(table: Tensor) -> Tensor:
    return table == 0


def _everywhere(table: Tensor) -> Tensor:
    return torch.ones_like(table, dtype=torch.bool)


# Counts: (rays, sides, strict) → which sides are separable; Cover's number of (n, d, intercept).


def _right(signs: Tensor, side: Tensor) -> Tensor:
    """The rays without a point on the wrong side: (*B, m, h)."""
    return (signs.float() @ side.float().T).abs() == signs.abs().sum(-1, keepdim=True)


def _one_ray_for_all(signs: Tensor, side: Tensor, strict: Tensor) -> Tensor:
    """A ray itself must separate, though it lies on the planes of other points."""
    return ((signs.float() @ side.float().T).abs() == signs.shape[-1]).any(-2) | ~strict.any(-1)


def _some_ray(signs: Tensor, side: Tensor, strict: Tensor) -> Tensor:
    """One ray that is right is enough, though other points lie on its plane."""
    right = _right(signs, side) & signs.any(-1, keepdim=True)
    return right.any(-2) | ~strict.any(-1)


def _any_ray(signs: Tensor, side: Tensor, strict: Tensor) -> Tensor:
    """Every point has a ray on its side, though others are on the wrong side there."""
    reached = signs.any(-2).unsqueeze(-2).expand(*signs.shape[:-2], *side.shape)
    return (reached | ~strict).all(-1)


def _strict_everywhere(signs: Tensor, side: Tensor, strict: Tensor) -> Tensor:
    return SEPARATION.bounded(signs, side, torch.ones_like(strict))


def _one_of_each_pair(n: int, d: int, *, intercept: bool = True) -> int:
    return cover_count(n, d, intercept=intercept) // 2


def _one_dimension_more(n: int, d: int, *, intercept: bool = True) -> int:
    return cover_count(n, d + 1, intercept=intercept)


def _bias_forgotten(n: int, d: int, *, intercept: bool = True) -> int:
    return cover_count(n, d, intercept=False)


def _of_n(n: int, d: int, *, intercept: bool = True) -> int:
    return 2 * sum(comb(n, i) for i in range(d + intercept))


def _shattered(n: int, d: int, *, intercept: bool = True) -> int:
    return int(2**n)


# Networks.


def _unbiased_minterm(x: Tensor) -> tuple[Tensor, Tensor]:
    w, bias = minterm(x)
    return w, torch.zeros_like(bias)


def _zeros_ignored(x: Tensor) -> tuple[Tensor, Tensor]:
    """Fires wherever all digits 1 of its row are 1, whatever the others."""
    return x, minterm(x)[1]


def _whole_threshold(x: Tensor) -> tuple[Tensor, Tensor]:
    """The threshold is the greatest sum itself, which the unit never exceeds."""
    w, bias = minterm(x)
    return w, bias - 0.5


def _all_needed(used: Tensor, positive: Tensor) -> tuple[Tensor, Tensor]:
    w, bias = readout(used, positive)
    return w, bias * (2 * used.sum(-1) - 1)


def _unbiased_output(used: Tensor, positive: Tensor) -> tuple[Tensor, Tensor]:
    w, bias = readout(used, positive)
    return w, torch.zeros_like(bias)


def _never_turned(used: Tensor, positive: Tensor) -> tuple[Tensor, Tensor]:
    """The output is an OR even where the hidden units stand for the rows of 0."""
    return readout(used, torch.ones_like(positive))


def _fires_at_zero(network: Network, x: Tensor) -> tuple[Tensor, Tensor]:
    hidden = x @ network.hidden_w.mT + network.hidden_bias.unsqueeze(-2) >= 0
    return hidden, (hidden.to(x) * network.output_w.unsqueeze(-2)).sum(-1) + network.output_bias.unsqueeze(-1) >= 0


def _linear_hidden(network: Network, x: Tensor) -> tuple[Tensor, Tensor]:
    """The output sums what the hidden units have before their threshold, so that two layers are one."""
    drive = x @ network.hidden_w.mT + network.hidden_bias.unsqueeze(-2)
    output = (drive * network.output_w.unsqueeze(-2)).sum(-1) + network.output_bias.unsqueeze(-1) > 0
    return fire(network, x)[0], output


SEPARATION_MUTANTS: tuple[Mutant, ...] = (
    _wrong("constant-zero", "the coordinate of the bias is 0, so that it does nothing", points=_with_zero),
    _wrong("constant-minus-one", "the coordinate of the bias is −1, so that it is a threshold", points=_with_minus_one),
    _wrong("centred-points", "the points are centred in secret", points=_centred),
    _wrong("separated-on-the-plane", "rows on the plane count as separated", decide=_on_the_plane),
    _wrong("separated-in-one-row", "only one row must be strictly on its side", decide=_one_row_is_enough),
    _wrong("separable-by-means", "separable is what the difference of sums separates", decide=_mean_difference),
    _wrong("separable-by-least-squares", "separable is what least squares separates", decide=_least_squares),
    _wrong("separable-in-few-epochs", "after five epochs of a perceptron it gives up", decide=_few_epochs),
    _wrong("separable-by-small-weights", "only weights −1, 0, 1 are tried", decide=_small_weights),
    _wrong("certificate-as-probabilities", "the certificate sums to 1, and is rounded", decide=_probabilities),
    _wrong("certificate-of-ones", "the rows of the certificate all have weight 1", decide=_support_alike),
    _wrong("weights-of-unit-length", "the weights are normalised, and are not whole", decide=_unit_weights),
    _wrong("weights-of-signs", "of the weights only the signs are kept", decide=_only_signs),
    _wrong("weights-turned-round", "the plane separates the classes the wrong way round", decide=_other_way_round),
    _wrong("table-lowest-digit-first", "the first input is the lowest digit of a row", rows=_lowest_first),
    _wrong("table-always-digits", "signs are fed in as 0 and 1", rows=_always_digits),
    _wrong("table-signs-turned", "0 is fed in as 1, and 1 as −1", rows=_signs_turned),
    _wrong("table-strict-on-zeros", "a unit fires at 0", strict=_on_zeros),
    _wrong("table-strict-everywhere", "rows of 0 must be strictly below the plane", strict=_everywhere),
    _wrong("count-by-one-ray", "a labelling needs one ray that separates all points", bounded=_one_ray_for_all),
    _wrong("count-by-some-ray", "points on the plane count as separated", bounded=_some_ray),
    _wrong("count-by-any-ray", "points may be on the wrong side of another's ray", bounded=_any_ray),
    _wrong("count-strict-everywhere", "a row of 0 must be strictly below the plane", bounded=_strict_everywhere),
    _wrong("cover-of-pairs", "a labelling and its opposite count once", cover=_one_of_each_pair),
    _wrong("cover-one-dimension-more", "Cover's sum has one term too many", cover=_one_dimension_more),
    _wrong("cover-without-bias", "Cover's number forgets the dimension of the bias", cover=_bias_forgotten),
    _wrong("cover-of-n", "Cover's sum has C(n, i) for C(n − 1, i)", cover=_of_n),
    _wrong("cover-of-all", "every labelling is said to be separable in general position", cover=_shattered),
    _wrong("hidden-without-bias", "hidden units have no bias", minterm=_unbiased_minterm),
    _wrong("hidden-ignores-zeros", "a hidden unit fires whatever is 1 beside its row", minterm=_zeros_ignored),
    _wrong("hidden-at-its-greatest", "the threshold of a hidden unit is its greatest sum", minterm=_whole_threshold),
    _wrong("output-needs-all", "the output is an AND of the hidden units", readout=_all_needed),
    _wrong("output-without-bias", "the output has no bias", readout=_unbiased_output),
    _wrong("output-never-turned", "hidden units for rows of 0 are read as if for rows of 1", readout=_never_turned),
    _wrong("network-fires-at-zero", "units of the network fire at 0", fire=_fires_at_zero),
    _wrong("hidden-layer-linear", "the hidden layer has no threshold", fire=_linear_hidden),
)
