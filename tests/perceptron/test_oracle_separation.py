"""The oracles of separation against each other, a linear program, python-flint and numbers known since the sixties."""

from __future__ import annotations

import itertools

import flint
import numpy as np
import pytest
from scipy.optimize import linprog

from theory.core.domain import Cases, Domain
from theory.perceptron import oracle_separation as oracle
from theory.perceptron.cases_separation import MIRRORED, MOVED, POINTS, POSITIONS
from theory.perceptron.cases_tables import CENSUS, TABLES, XOR, draw_census
from theory.perceptron.proofs import activations, residual, separation_gaps, table_gaps

DOMAINS = {
    "points": POINTS,
    "mirrored": MIRRORED,
    "moved": MOVED,
    "positions": POSITIONS,
    "census": CENSUS,
    "tables": TABLES,
    "xor": XOR,
}


def rng() -> np.random.Generator:
    return np.random.default_rng(19)


def separable_by_a_program(rows: np.ndarray) -> bool:
    """Whether some w has rows·w ≥ 1 everywhere, by HiGHS: status 2 means that there is none."""
    found = linprog(np.zeros(rows.shape[1]), A_ub=-rows, b_ub=-np.ones(len(rows)), bounds=(None, None), method="highs")
    return found.status == 0


def test_the_census_is_the_one_in_the_books() -> None:
    assert [oracle.count_tables(k, "01", True) for k in range(1, 5)] == [4, 14, 104, 1882]
    assert [oracle.count_tables(k, "signs", True) for k in range(1, 5)] == [4, 14, 104, 1882]
    assert [oracle.count_tables(k, "01", False) for k in range(1, 5)] == [2, 6, 32, 370]


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_sums_of_two_rows_and_bounded_weights_agree_on_every_table(k: int) -> None:
    assert (oracle.asummable_tables(k) == oracle.tables_by_weights(k, "01", True)).all()


@pytest.mark.parametrize("inputs", ["01", "signs"])
def test_larger_weights_compute_no_further_table(inputs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = [int(oracle.tables_by_weights.__wrapped__(k, inputs, False).sum()) for k in (2, 3, 4)]
    monkeypatch.setitem(oracle.LARGEST_WEIGHT, (inputs, False), 6)

    assert [int(oracle.tables_by_weights.__wrapped__(k, inputs, False).sum()) for k in (2, 3, 4)] == usual


@pytest.mark.parametrize("k", [2, 3, 4])
def test_signs_without_a_bias_have_as_many_strict_tables_as_one_variable_fewer_with_it(k: int) -> None:
    """Self-dual functions of k variables are the functions of k − 1, the last one being the bias."""
    weights = np.array(list(itertools.product(range(-4, 5), repeat=k)))
    sums = weights @ oracle.rows(k, "signs").T
    strict = np.unique(sums[(sums != 0).all(axis=1)] > 0, axis=0)

    assert len(strict) == oracle.count_tables(k - 1, "01", True)


@pytest.mark.parametrize("k", [2, 3])
def test_with_a_zero_allowed_signs_count_every_face_of_their_arrangement(k: int) -> None:
    """The rows above 0 tell those below and on the plane: 4 + 4 + 1 faces for k = 2; for k = 3, four planes in general
    position, 14 + 24 + 12 + 1."""
    assert oracle.count_tables(k, "signs", False) == {2: 9, 3: 51}[k]


def test_a_linear_program_finds_the_same_tables_of_three_variables() -> None:
    x = np.concatenate([oracle.rows(3, "01"), np.ones((8, 1))], axis=1)
    found = [separable_by_a_program((2 * table - 1)[:, None] * x) for table in oracle.every_table(3)]

    assert found == oracle.asummable_tables(3).tolist()


def test_ranks_are_those_of_flint() -> None:
    few = rng().integers(-2, 3, (200, 5, 4))
    few[::3, :, 1] = 2 * few[::3, :, 0]
    for rows in range(5):
        few[rows::7, rows:] = 0
    found = oracle.ranks(few)

    assert found.tolist() == [flint.fmpz_mat(matrix.tolist()).rank() for matrix in few]
    assert set(found) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("regime", POSITIONS.regimes)
@pytest.mark.parametrize(("n", "d"), [(1, 1), (4, 2), (5, 1)])
def test_dichotomies_are_those_that_a_linear_program_separates(regime: str, n: int, d: int) -> None:
    cases = POSITIONS.draw(rng(), {"n": n, "d": d}, regime, 2)
    x = cases["x"].astype(np.int64)
    if cases.settings["intercept"]:
        x = np.concatenate([x, np.ones_like(x[..., :1])], axis=2)

    count = oracle.count_dichotomies(*oracle.subset_ranks(x))

    for lane in range(2):
        labels = itertools.product((-1, 1), repeat=x.shape[1])
        assert count[lane] == sum(separable_by_a_program(np.array(y)[:, None] * x[lane]) for y in labels)


def test_covers_numbers_are_reached_on_the_moment_curve() -> None:
    assert [oracle.cover_number(n, 3) for n in range(1, 6)] == [2, 4, 8, 14, 22]
    for n, d in ((5, 2), (8, 3)):
        x = POSITIONS.draw(rng(), {"n": n, "d": d}, "curve", 4)["x"].astype(np.int64)
        rank, subsets = oracle.subset_ranks(np.concatenate([x, np.ones_like(x[..., :1])], axis=2))
        assert oracle.in_general_position(rank, subsets, d + 1).all()
        assert (oracle.count_dichotomies(rank, subsets) == oracle.cover_number(n, d + 1)).all()


def test_a_point_at_the_origin_allows_no_labelling_without_a_bias() -> None:
    rank, subsets = oracle.subset_ranks(np.array([[[0, 0], [1, 2]]]))

    assert oracle.count_dichotomies(rank, subsets).tolist() == [0]
    assert not oracle.in_general_position(rank, subsets, 2).any()


def proof_of_xor(certificate: list[int]) -> dict[str, np.ndarray]:
    return {"separable": np.array([0]), "threshold": np.array([0]), "w": np.zeros((1, 2)), "bias": np.zeros(1),
            "certificate": np.array([certificate], dtype=np.float64)}  # fmt: skip


@pytest.mark.parametrize(
    ("certificate", "good"),
    [([1, 1, 1, 1], True), ([3, 3, 3, 3], True), ([1, 1, 1, 2], False), ([0, 0, 0, 0], False), ([-1] * 4, False)],
)
def test_only_a_certificate_that_adds_up_to_zero_is_a_proof(certificate: list[int], good: bool) -> None:
    table, x = np.array([[0, 1, 1, 0]]), oracle.rows(2, "01")
    proof = proof_of_xor(certificate)

    for gaps in (separation_gaps(proof, x[None], 2 * table - 1, True), table_gaps(proof, table, x, True)):
        assert all(np.nan_to_num(gap.margin).max() == 0 for gap in gaps) == good


def test_proofs_of_many_digits_are_not_rounded() -> None:
    large = float(2**60)
    x = np.array([[[large, 1.0]]])

    assert activations(x, np.array([[large, -1.0]]), np.zeros(1)).tolist() == [[2**120 - 1]]
    assert residual(np.array([[large]]), x, np.array([[1]]), True).tolist() == [[2**120, 2**60, 2**60]]


def test_a_proof_that_is_no_number_is_none() -> None:
    with pytest.raises(ValueError, match="finite"):
        activations(np.zeros((1, 1, 1)), np.array([[np.nan]]), np.zeros(1))


@pytest.mark.parametrize(
    ("domain", "regime"), [(domain, regime) for domain in DOMAINS.values() for regime in domain.regimes]
)
def test_every_regime_draws_valid_cases(domain: Domain, regime: str) -> None:
    for n, d in ((1, 1), (2, 1), (3, 2), (6, 2)):
        cases = domain.draw(rng(), {"n": n, "d": d, "variables": d}, regime, 16)
        assert domain.valid(cases).all()


def test_real_points_are_in_the_domain() -> None:
    assert all(POINTS.valid(load()).all() for load in POINTS.real.values())


def test_the_tables_of_the_census_are_threshold_functions_in_every_second_lane() -> None:
    cases: Cases = draw_census(rng(), {}, "3-signs-bias", 16)
    numbers = cases["table"] @ (1 << np.arange(8)[::-1])

    assert oracle.asummable_tables(3)[numbers[::2]].all()
