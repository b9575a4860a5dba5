"""What a plane separates, as a user meets it: proofs worked by hand and verified, counts, networks, errors by name."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from impl.perceptron import (
    Inseparable,
    Separable,
    boolean_network,
    census,
    cover_count,
    dichotomies,
    fire,
    separability,
    separation,
    truth_table,
)
from impl.perceptron.guess import guessed
from impl.perceptron.rays import rays, wedge
from impl.perceptron.separation import decide, whole
from impl.perceptron.simplex import alternative, fits

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]


def prove(X: Any, y: Any, *, fit_intercept: bool = True) -> Separable | Inseparable:
    """The verdict, after its proof was verified in fractions; y of −1 and 1."""
    found = separability(X, y, fit_intercept=fit_intercept)
    y = [int(side) for side in y]
    rows = [[Fraction(v) for v in row] + [Fraction(1)] * fit_intercept for row in np.asarray(X, dtype=float).tolist()]
    if isinstance(found, Separable):
        plane = [*found.w, found.bias][: len(rows[0])]
        assert all(s * sum(a * b for a, b in zip(row, plane, strict=True)) > 0 for row, s in zip(rows, y, strict=True))
    else:
        weights = found.certificate
        assert min(weights) >= 0 < max(weights)
        assert all(sum(c * s * row[j] for row, s, c in zip(rows, y, weights, strict=True)) == 0
                   for j in range(len(rows[0])))  # fmt: skip
    return found


def test_and_is_separable() -> None:
    assert prove(CORNERS, [-1, -1, -1, 1]) == Separable((2, 2), -3, math.sqrt(1 / 8))


def test_xor_has_one_certificate() -> None:
    assert prove(CORNERS, [-1, 1, 1, -1]) == Inseparable((1, 1, 1, 1))


def test_the_origin_cannot_be_positive_without_a_bias() -> None:
    X, y = [[-1], [0], [1]], [-1, 1, 1]

    assert prove(X, y, fit_intercept=False) == Inseparable((0, 1, 0))
    assert prove(X, y) == Separable((2,), 1, 0.5)


def test_moving_the_points_can_replace_a_bias() -> None:
    assert isinstance(prove([[1], [2]], [-1, 1], fit_intercept=False), Inseparable)
    assert isinstance(prove([[-0.5], [0.5]], [-1, 1], fit_intercept=False), Separable)


def test_one_class_is_separated_by_the_bias_alone() -> None:
    found = prove([[0], [3]], [-1, -1])

    assert isinstance(found, Separable)
    assert found.bias < 0


def test_a_bias_alone_has_no_plane_to_be_far_from() -> None:
    assert prove([[1], [-1]], [1, 1]) == Separable((0,), 1, math.inf)


def test_without_a_guess_the_simplex_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separation, "guessed", lambda rows, strict: None)

    assert prove([[0.25], [0.5]], [-1, 1]) == Separable((5,), -2, 0.1)
    assert prove(CORNERS, [-1, 1, 1, -1]) == Inseparable((1, 1, 1, 1))


def test_any_two_labels_will_do_and_the_greater_is_positive() -> None:
    assert separability([[0], [1]], ["no", "yes"]) == separability([[0], [1]], [False, True])
    assert separability([[0], [1]], [3, 7]) == separability(torch.tensor([[0], [1]]), torch.tensor([-1, 1]))


def test_binary_digits_are_taken_as_they_are() -> None:
    third = 0.1 + 0.2  # not 0.3

    assert isinstance(prove([[0.3], [third]], [-1, 1]), Separable)
    assert isinstance(prove([[0.3], [0.3]], [-1, 1]), Inseparable)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1.0, 1e9, 1e300])
def test_no_scale_is_too_small_or_too_large(scale: float) -> None:
    assert isinstance(prove([[scale], [2 * scale], [3 * scale]], [-1, -1, 1]), Separable)
    assert isinstance(prove([[scale], [2 * scale], [3 * scale]], [-1, 1, -1]), Inseparable)


def test_points_that_floating_point_cannot_tell_apart_are_decided() -> None:
    far = 2.0**52
    X = [[far, 1], [far + 1, 1], [far + 1, 2], [far + 3, 3]]

    assert isinstance(prove(X, [-1, -1, 1, 1]), Separable)
    assert isinstance(prove([*X, [far + 1, 1]], [-1, -1, 1, 1, 1]), Inseparable)


def test_real_data_come_with_their_proof() -> None:
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)

    assert isinstance(prove(X[:100], 2 * y[:100] - 1), Separable)
    assert isinstance(prove(X[50:], 2 * y[50:] - 3), Inseparable)


@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        ([[0.0], [1.0]], [0, 0], "y must hold two classes, got 1: 0"),
        ([[0.0], [1.0], [2.0]], [0, 1, 2], "y must hold two classes, got 3: 0, 1, 2"),
        ([[0.0], [np.inf]], [-1, 1], "x must be finite, got inf at index"),
        ([[0.0]], [-1, 1], r"y must have shape \(1,\) to match x"),
        (np.zeros((0, 2)), np.zeros(0), "x must not be empty"),
        ([0.0, 1.0], [-1, 1], "x must have shape"),
    ],
)
def test_what_cannot_be_decided_is_refused(X: Any, y: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        separability(X, y)


def verified(rows: Any, strict: Any, found: Any) -> None:
    """Each lane's proof, in Python's whole numbers."""
    for a, mask, solvable, w, certificate in zip(rows.astype(object), strict, *found, strict=True):
        sides = a @ w.astype(object)
        if solvable:
            assert (sides >= 0).all()
            assert (sides[mask] > 0).all()
        else:
            assert (certificate >= 0).all()
            assert certificate[mask].any()
            assert not (certificate.astype(object) @ a).any()


@pytest.mark.parametrize("largest", [1, 5, 1000, 10**7])
@pytest.mark.parametrize(("n", "r"), [(1, 1), (2, 3), (6, 4), (16, 5), (12, 2)])
def test_the_simplex_proves_every_verdict(largest: int, n: int, r: int) -> None:
    draw = np.random.default_rng(n)
    rows, strict = draw.integers(-largest, largest + 1, (32, n, r)), draw.random((32, n)) < 0.6

    verified(rows, strict, alternative(rows, strict))


def test_a_pivot_that_int64_does_not_hold_is_left_to_python() -> None:
    small, large = np.full((1, 3, 2), 3), np.full((1, 3, 2), 10**6)

    assert fits(small)
    assert not fits(large)


def test_guesses_are_proved_and_agree_with_the_simplex() -> None:
    draw = np.random.default_rng(0)
    seen = set()
    for _ in range(20):
        rows, strict = draw.integers(-1000, 1001, (1, 6, 3)), draw.random((1, 6)) < 0.6
        found = guessed(rows[0], strict[0])
        assert found is not None
        verified(rows, strict, found)
        seen.add(bool(found.solvable[0]))
        assert found.solvable == alternative(rows, strict).solvable
    assert seen == {True, False}


def test_rows_become_whole_by_a_power_of_two() -> None:
    rows, scale = whole(np.array([[[0.5, -0.75], [0.0, 1.0]]]))

    assert rows.tolist() == [[[2, -3], [0, 4]]]
    assert scale == [4]


def test_a_proof_that_the_dtype_cannot_hold_is_refused() -> None:
    rows = torch.tensor([[[1e7, 1.0], [-1e7 + 1, -1.0], [-3.0, 1e7]]])

    with pytest.raises(ValueError, match="x has too many digits: float32 cannot hold"):
        decide(rows, torch.ones(1, 3, dtype=torch.bool))


def test_rays_are_normal_to_their_points() -> None:
    draw = np.random.default_rng(0)
    for r in range(1, 6):
        rows = torch.from_numpy(draw.integers(-5, 6, (40, r - 1, r)))
        normal = wedge(rows)
        assert not (rows * normal.unsqueeze(-2)).sum(-1).any()
        assert bool(normal.any())


def test_the_signs_of_a_ray_begin_with_plus() -> None:
    signs = rays(torch.tensor([[1, 0], [-1, 1], [0, 2]]))

    first = signs.gather(-1, signs.abs().argmax(-1, keepdim=True))
    assert set(first.flatten().tolist()) <= {0, 1}


def test_a_ray_whose_minors_leave_int64_is_refused() -> None:
    with pytest.raises(ValueError, match="x must be smaller for 3 dimensions"):
        rays(torch.full((2, 3), 2**31))


@pytest.mark.parametrize(
    ("inputs", "intercept", "counts"),
    [
        ("01", True, [4, 14, 104, 1882]),
        ("01", False, [2, 6, 32, 370]),
        ("signs", True, [4, 14, 104, 1882]),
        ("signs", False, [3, 9, 51, 593]),
    ],
)
def test_the_census_is_muroga_s(inputs: str, intercept: bool, counts: list[int]) -> None:
    assert [census(k, inputs, intercept=intercept) for k in (1, 2, 3, 4)] == counts


def test_without_a_bias_and_strictly_there_are_as_many_as_with_one_variable_less_and_a_bias() -> None:
    assert [int(dichotomies(truth_table(k, "signs"), intercept=False)) for k in (1, 2, 3)] == [2, 4, 14]


def test_dichotomies_in_general_position_are_cover_s() -> None:
    curve = torch.tensor([[t, t * t] for t in range(-4, 4)])

    for n in range(1, 9):
        assert int(dichotomies(curve[:n])) == cover_count(n, 2)


def test_dichotomies_are_counted_as_the_simplex_decides_them() -> None:
    draw = np.random.default_rng(3)
    x = torch.from_numpy(draw.integers(-2, 3, (6, 5, 2))).double()
    sides = 2.0 * truth_table(5).double() - 1
    counts = dichotomies(x, intercept=False)

    for points, count in zip(x, counts.tolist(), strict=True):
        rows = sides.unsqueeze(-1) * points
        assert int(decide(rows, torch.ones_like(sides, dtype=torch.bool))[0].sum()) == count


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (torch.zeros(13, 1), "x must hold at most 12 points, got 13"),
        (torch.tensor([[0.5]]), r"x must hold whole numbers, got 0.5 at index \(0, 0\)"),
        (torch.tensor([[torch.nan]]), "x must be finite"),
    ],
)
def test_points_that_cannot_be_counted_are_refused(x: Tensor, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        dichotomies(x)


def test_five_variables_are_too_many_for_a_census() -> None:
    with pytest.raises(ValueError, match=r"variables must be 1 … 4, got 5"):
        census(5)


def test_cover_s_number_needs_a_point() -> None:
    with pytest.raises(ValueError, match="n must be at least 1, got 0"):
        cover_count(0, 2)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_two_layers_compute_every_function(k: int) -> None:
    tables = truth_table(2**k).double()

    network = boolean_network(tables)

    assert network.hidden_w.shape == (2 ** (2**k), 2 ** (k - 1), k)
    assert torch.equal(fire(network, truth_table(k).double())[1], tables.bool())


def test_xor_takes_two_hidden_units() -> None:
    network = boolean_network(torch.tensor([0.0, 1.0, 1.0, 0.0]))

    assert network.hidden_w.tolist() == [[-1, 1], [1, -1]]
    assert network.hidden_bias.tolist() == [-0.5, -0.5]
    assert (network.output_w.tolist(), float(network.output_bias)) == ([1, 1], -0.5)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (torch.tensor([0.0, 1.0, 1.0]), "table must have 2\\^k rows with k at least 1, got 3"),
        (torch.tensor([0.0, 2.0]), "table must be one of 0, 1, got 2.0 at index 1"),
        (torch.tensor([1.0]), "table must have 2\\^k rows with k at least 1, got 1"),
    ],
)
def test_what_is_no_table_is_refused(table: Tensor, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        boolean_network(table)


def test_inputs_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="inputs must be one of 01, signs, got 'bits'"):
        truth_table(2, "bits")
