"""The oracles of latent Dirichlet allocation against hand values, brute force and other mathematics."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import digamma, gammaln

from theory.core.bound import U64, gamma
from theory.core.domain import Cases
from theory.em import cases_allocation, cases_smoothed, corpus
from theory.em.bounds_allocation import gradient, newton_error
from theory.em.oracle_allocation import (
    Corpus,
    alpha_bound,
    balls,
    evidence,
    fall,
    log_gamma,
    newton,
    psi,
    rows_of,
    smoothed_evidence,
    texts,
    topics_of,
)
from theory.em.oracle_variational import fitted_path, middle, radius, smoothed_path, topics_step

ALPHA = np.array([[0.5, 2.0]])
BETA = np.array([[[0.25, 0.5, 0.25], [0.5, 0.125, 0.375]]])
WORDS = np.array([[[0, 1, 1, 2], [2, 2, 9, 9]]])
LENGTHS = np.array([[4, 2]])
ONE = Cases({"alpha": ALPHA, "beta": BETA, "words": WORDS, "lengths": LENGTHS}, {"sweeps": 3, "steps": 2})
FLAT = ONE.with_arrays(eta=np.array([0.5]), topics=np.array([[[1.0, 2.0, 3.0], [3.0, 0.5, 1.0]]]))


def near(found: float, exact: float, roundings: int = 64) -> bool:
    return bool(abs(found - exact) <= gamma(roundings, U64) * (1 + abs(exact)))


def polya(prior: list[float], counts: list[int]) -> float:
    """Log of Γ(A) ∕ Γ(A + n) Π Γ(a + c) ∕ Γ(a)."""
    a, c = np.array(prior), np.array(counts)
    return float(gammaln(a.sum()) - gammaln(a.sum() + c.sum()) + (gammaln(a + c) - gammaln(a)).sum())


def test_the_evidence_is_the_sum_over_assignments_with_gamma_functions() -> None:
    found = evidence(ALPHA, BETA, WORDS, LENGTHS)[0]

    for document, words in enumerate(texts(ONE, 0)):
        total = sum(
            math.exp(
                polya(ALPHA[0], [z.count(0), z.count(1)])
                + sum(math.log(BETA[0, k, w]) for k, w in zip(z, words, strict=True))
            )
            for z in itertools.product((0, 1), repeat=len(words))
        )
        assert near(found[document], math.log(total))


def test_a_document_without_words_has_evidence_one() -> None:
    assert evidence(ALPHA, BETA, WORDS, LENGTHS * 0).tolist() == [[0.0, 0.0]]


def test_the_evidence_of_all_documents_of_one_length_sums_to_one() -> None:
    every = np.array(list(itertools.product(range(3), repeat=3)))[None]  # (1, 27, 3)

    assert near(np.exp(evidence(ALPHA, BETA, every, np.full((1, 27), 3))).sum(), 1.0)


def test_the_smoothed_evidence_is_the_sum_over_assignments_with_gamma_functions() -> None:
    found = smoothed_evidence(ALPHA, np.array([0.5]), 3, WORDS, LENGTHS)[0]

    words, total = [word for text in texts(ONE, 0) for word in text], 0.0
    for z in itertools.product((0, 1), repeat=6):
        by_document = sum(polya(ALPHA[0], [part.count(0), part.count(1)]) for part in (z[:4], z[4:]))
        seen = [
            [sum(w == v and k == topic for w, k in zip(words, z, strict=True)) for v in range(3)] for topic in (0, 1)
        ]
        total += math.exp(by_document + sum(polya([0.5] * 3, counts) for counts in seen))
    assert near(found, math.log(total))


def test_balls_of_psi_and_log_gamma_hold_the_function_at_both_ends() -> None:
    from flint import arb

    wide = arb(1.5, 0.25)

    for x in (1.25, 1.5, 1.75):
        assert psi(wide).overlaps(arb(x).digamma())
        assert log_gamma(wide).overlaps(arb(x).lgamma())
    assert radius(psi(wide)) <= digamma(1.75) - digamma(1.25)


def test_the_bound_of_the_smallest_example() -> None:
    one = Corpus(balls(np.ones(2)), topics_of(np.array([[0.875, 0.125], [0.125, 0.875]])), [[0]])

    found = one.document(0, balls(np.array([2.0, 1.0])), [balls(np.array([1.0, 0.0]))])

    # γ = (2, 1): E log θ = (−½, −3∕2); log Γ(2) − log Γ(3) = −log 2; Σ (α − γ) E log θ = ½; φ = (1, 0): −½ + log ⅞
    assert near(middle(found), -math.log(2) + 0.5 - 0.5 + math.log(0.875))


def test_the_bound_is_minus_infinity_where_phi_meets_a_word_that_the_topic_lacks() -> None:
    one = Corpus(balls(np.ones(2)), topics_of(np.array([[0.0, 1.0], [0.5, 0.5]])), [[0]])
    g = balls(np.array([1.0, 2.0]))

    bad, good = (one.document(0, g, [balls(np.array(row))]) for row in ((0.5, 0.5), (0.0, 1.0)))

    assert fall(good, bad) == math.inf
    assert math.isfinite(middle(good))


@pytest.mark.parametrize("regime", cases_allocation.REGIMES)
def test_the_closed_forms_are_the_best_and_the_bound_is_below_the_evidence(regime: str) -> None:
    rng = np.random.default_rng(3)
    drawn = cases_allocation.draw_allocation(rng, {"r": 2, "n": 4, "k": 3, "v": 4}, regime, 3)
    log_p = evidence(drawn["alpha"], drawn["beta"], drawn["words"], drawn["lengths"])

    assert cases_allocation.valid(drawn).all()
    assert cases_allocation.valid(replace(drawn, dtype="float32").rounded()).all()
    for lane in range(3):
        one = Corpus(balls(drawn["alpha"][lane]), topics_of(drawn["beta"][lane]), texts(drawn, lane))
        g, rows = [balls(row) for row in drawn["gamma"][lane]], rows_of(one.words, drawn["phi"][lane])
        now = one.bound(g, rows)
        assert fall(now, one.bound(g, one.best_rows(g))) <= 0
        assert fall(now, one.bound(one.best_gamma(rows), rows)) <= 0
        assert middle(now) <= log_p[lane].sum()


def test_newtons_direction_is_that_of_finite_differences_of_the_bound() -> None:
    alpha, seen = np.array([0.5, 2.0, 1.0]), np.array([[1.0, 2.0, 0.5], [0.25, 1.0, 4.0]])
    direction, slope = newton(alpha, seen)
    h = 2.0**-30

    for place in range(3):
        step = np.eye(3)[place] * h
        change = (alpha_bound(alpha + step, seen) - alpha_bound(alpha - step, seen)) / (2 * h)
        assert abs(middle(change) - slope[place]) <= 2**6 * h**2 * (1 + abs(slope[place]))
    assert near(gradient(alpha[None], seen[None])[0] @ direction, slope @ direction)
    assert slope @ direction < 0
    assert (newton_error(alpha[None], seen[None], U64) > 0).all()


def test_wide_balls_hold_the_exact_path() -> None:
    alpha, beta = np.repeat(ALPHA, 2, axis=0), np.stack([BETA[0], BETA[0][::-1]])
    exact, wide = (list(fitted_path(ONE, 0, alpha, beta, u)) for u in (0.0, 2.0**-24))

    for a, b in zip(exact, wide, strict=True):
        assert b.elbo.overlaps(a.elbo)
        assert radius(a.elbo) < radius(b.elbo) < 2.0**-10
        for step_a, step_b in zip(topics_step(a, 0.0), topics_step(b, 2.0**-24), strict=True):
            assert all(y.overlaps(x) for x, y in zip(step_a, step_b, strict=True))


def test_the_exact_path_rises_and_stays_below_the_evidence() -> None:
    smoothed = [entry.elbo for entry in smoothed_path(FLAT, 0, 0.0)]
    log_p = smoothed_evidence(ALPHA, FLAT["eta"], 3, WORDS, LENGTHS)[0]

    assert all(fall(a, b) <= 0 for a, b in itertools.pairwise(smoothed))
    assert middle(smoothed[-1]) < log_p


def test_one_topic_makes_the_smoothed_bound_the_evidence_after_one_step() -> None:
    alone = FLAT.with_arrays(alpha=ALPHA[:, :1], topics=FLAT["topics"][:, :1])
    log_p = smoothed_evidence(alone["alpha"], alone["eta"], 3, WORDS, LENGTHS)[0]

    first, *later = [middle(entry.elbo) for entry in smoothed_path(alone, 0, 0.0)]

    assert first < log_p
    assert all(near(value, log_p) for value in later)


@pytest.mark.parametrize("regime", cases_smoothed.REGIMES)
def test_smoothed_cases_are_valid_and_stay_so_after_dropping(regime: str) -> None:
    drawn = cases_smoothed.draw_smoothed(
        np.random.default_rng(1), {"r": 2, "n": 3, "k": 2, "v": 3, "steps": 1, "sweeps": 1}, regime, 5
    )
    fewer = cases_smoothed.settled(drawn.with_arrays(topics=drawn["topics"][:, :, :2]))

    assert cases_smoothed.valid(drawn).all()
    assert cases_smoothed.valid(fewer).all()
    assert not cases_smoothed.valid(drawn.with_arrays(eta=-drawn["eta"])).any()


def test_settling_mends_what_dropping_a_topic_or_a_word_breaks() -> None:
    drawn = cases_allocation.draw_allocation(np.random.default_rng(5), {"r": 2, "n": 4, "k": 3, "v": 4}, "zeros", 6)
    dropped = drawn.with_arrays(
        alpha=drawn["alpha"][:, 1:], beta=drawn["beta"][:, 1:, :3], gamma=drawn["gamma"][..., 1:],
        phi=drawn["phi"][..., 1:],
    )  # fmt: skip

    assert not cases_allocation.valid(dropped.with_arrays(words=drawn["words"] * 0)).all()
    assert cases_allocation.valid(cases_allocation.settled(dropped)).all()


def test_real_documents_are_words_of_the_descriptions() -> None:
    told = corpus.descriptions()
    words, lengths, vocabulary = corpus.counted(told)

    assert len(told) >= 10
    assert "iris" in told[5].lower()
    assert len(vocabulary) == corpus.VOCABULARY
    assert ((words >= 0) & (words < len(vocabulary))).all()
    assert ((lengths > 0) & (lengths <= corpus.LONGEST)).all()
    first = told[0].lower()
    assert all(vocabulary[word] in first for word in words[0, : lengths[0]])


@pytest.mark.parametrize("load", corpus.REAL.values(), ids=corpus.REAL.keys())
def test_corpora_are_valid_cases(load: object) -> None:
    assert callable(load)
    assert cases_allocation.valid(load()).all()


def test_generated_words_follow_the_topics() -> None:
    beta = np.array([[[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.25, 0.75]]])

    words = corpus.generated(np.random.default_rng(7), np.array([[4.0, 4.0]]), beta, 50, 40)

    share = np.bincount(words.ravel(), minlength=4) / words.size
    assert words.shape == (1, 50, 40)
    assert (np.abs(share - beta.mean(axis=1)[0]) <= 0.5 / math.sqrt(50 / 9)).all()
