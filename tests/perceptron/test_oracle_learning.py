"""The oracle of learning against examples by hand, and its cases: every regime draws problems of its domain."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest

from theory.core.ask import Asker
from theory.core.domain import Cases, Domain
from theory.perceptron import oracle_learning as oracle
from theory.perceptron.cases_learning import DECIDED, RATES, ROWS, TAUGHT
from theory.perceptron.claims_decides import DECIDES_CLAIMS
from theory.perceptron.claims_learning import LEARNING_CLAIMS
from theory.perceptron.data import breast_cancer, digits, iris

SQUARE = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND, XOR = np.array([-1, -1, -1, 1]), np.array([-1, 1, 1, -1])
DOMAINS = {"rows": ROWS, "rates": RATES, "taught": TAUGHT, "decided": DECIDED}


def rng() -> np.random.Generator:
    return np.random.default_rng(17)


def test_the_plane_learnt_for_and_depends_on_the_order_of_the_rows() -> None:
    other = [0, 1, 3, 2]

    assert [np.append(*oracle.learnt(SQUARE[order], AND[order])).tolist() for order in ([0, 1, 2, 3], other)] == [
        [3, 2, -4],
        [2, 3, -4],
    ]


def test_no_plane_is_learnt_for_xor() -> None:
    with pytest.raises(ValueError, match="no separating plane"):
        oracle.learnt(SQUARE, XOR)


def test_the_bound_on_mistakes_is_novikoffs_in_fractions() -> None:
    cases = TAUGHT.draw(rng(), {"n": 5, "d": 2, "epochs": 1}, "bias", 16)
    rows = oracle.augmented(cases["x"], True)
    u = np.concatenate([cases["u"], cases["v"][:, None]], axis=1)

    found = oracle.most_mistakes(rows, cases["y"], u[:, None])[:, 0]

    for lane in range(16):
        x = [[Fraction(float(v)) for v in row] for row in rows[lane]]
        teacher = [Fraction(float(v)) for v in u[lane]]
        labelled = zip(x, cases["y"][lane], strict=True)
        least = min(int(y) * sum(a * b for a, b in zip(row, teacher, strict=True)) for row, y in labelled)
        longest = max(sum(v * v for v in row) for row in x)
        assert found[lane] == longest * sum(v * v for v in teacher) // least**2


def test_a_plane_that_does_not_separate_bounds_nothing() -> None:
    rows = oracle.augmented(SQUARE[None].astype(np.float64), True)

    assert np.isinf(oracle.most_mistakes(rows, XOR[None], np.array([[[1.0, 1.0, -1.0], [0.0, 0.0, 0.0]]]))).all()


def test_the_grid_holds_every_small_plane_once() -> None:
    assert len(np.unique(oracle.grid(2, 3, True), axis=0)) == 7**3
    assert oracle.grid(1, 3, False).tolist() == [[v, 0] for v in range(-3, 4)]


@pytest.mark.parametrize(
    ("domain", "regime"), [(domain, regime) for domain in DOMAINS.values() for regime in domain.regimes]
)
def test_every_regime_draws_valid_cases(domain: Domain, regime: str) -> None:
    for n, d in ((1, 1), (2, 2), (5, 1), (6, 2)):
        assert domain.valid(domain.draw(rng(), {"n": n, "d": d, "epochs": 3}, regime, 16)).all()


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=DOMAINS)
def test_real_data_are_in_the_domain(domain: Domain) -> None:
    assert all(domain.valid(load()).all() for load in domain.real.values())


def test_real_data_are_whole_numbers_with_two_labels() -> None:
    for x, y in (breast_cancer(40), digits(3, 8, 40), iris(0, 1, 20)):
        assert x.shape[0] == y.shape[0] == 40
        assert x.dtype == np.int64
        assert set(y) == {-1, 1}


class Loops:
    """A perceptron of a few lines of Python, asked one lane at a time."""

    name, system, version, house, lanes = "loops", "perceptron", "0", False, False
    devices: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    missing: Mapping[str, str] = MappingProxyType({})

    @property
    def operations(self) -> dict[str, object]:
        return {"perceptron_fit": self.fit}

    def fit(self, arrays: dict[str, np.ndarray], settings: dict[str, float], **_: object) -> dict[str, np.ndarray]:
        x, y, w, bias = (arrays[name][0].copy() for name in ("x", "y", "w", "bias"))
        path_w, path_bias, mistake = [], [], []
        for _epoch in range(int(settings["epochs"])):
            for row, label in zip(x, y, strict=True):
                mistake.append(label * (w @ row + bias) <= 0)
                if mistake[-1]:
                    w = w + settings["rate"] * label * row
                    bias = bias + settings["rate"] * label * settings["intercept"]
                path_w.append(w)
                path_bias.append(bias)
        shape = (1, int(settings["epochs"]), len(x))
        wrong = np.array(mistake).reshape(shape)
        return {
            "w": w[None],
            "bias": np.array([bias]),
            "mistake": wrong,
            "path_w": np.array(path_w).reshape(*shape, -1),
            "path_bias": np.array(path_bias).reshape(shape),
            "mistakes": wrong.sum(axis=(1, 2)),
            "converged": ~wrong[:, -1].any(axis=1),
        }


@pytest.mark.parametrize("claim", LEARNING_CLAIMS, ids=lambda claim: claim.id)
def test_a_perceptron_in_plain_python_passes(claim: object) -> None:
    """What a claim asks of learning is what Rosenblatt's rule does, whoever writes it."""
    from theory.core.claim import Claim, gaps_of

    assert isinstance(claim, Claim)
    if claim in DECIDES_CLAIMS:  # these ask more than a perceptron
        return
    for regime in claim.domain.regimes:
        cases: Cases = claim.domain.draw(rng(), {"n": 4, "d": 2, "epochs": 4}, regime, 4)
        answer = Asker(Loops(), 0)(claim.asks, cases)  # type: ignore[arg-type]
        assert all(np.nan_to_num(gap.margin).max() == 0 for gap in gaps_of(claim.check(answer, cases)))
