"""Popular false statements about hidden Markov models: EM-M4, EM-M5. Each check states the myth as if it were true."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.claim import Answer, Myth
from theory.core.domain import Cases, Domain, Shape
from theory.core.gap import Gap, exactly
from theory.em.cases_markov import AXES, BY_SEQUENCE, Rng, draw_path_table, draw_sequences, settled, valid
from theory.em.oracle_markov import enumerated

STEPS = 8


def check_path_of_likely_states(answer: Answer, cases: Cases) -> Gap:
    """The path consists of the most probable state of each time, where that one is unique."""
    gamma = enumerated(cases["pi"], cases["A"], cases["b"], cases["lengths"]).gamma
    highest = gamma == gamma.max(axis=2, keepdims=True)
    unique = (highest.sum(axis=2) == 1) & (gamma.max(axis=2) > 0)
    return exactly("state of the path = most probable state", answer["path"], highest.argmax(axis=2), unique)


EM_M4 = Myth(
    id="EM-M4",
    title="The Viterbi path is the sequence of most probable states",
    sentence="The most probable path goes, at each time, through the state that is most probable at that time.",
    truth="The likeliest states one by one need not even form a possible path: a transition between two of them may "
    "have probability 0. Viterbi maximises the probability of the whole path.",
    source=(("rabiner1989", "section III.B"), ("bishop2006", "section 13.2.5")),
    asks="viterbi",
    check=check_path_of_likely_states,
    domain=Domain(
        {"t": (2, 4), "s": (1, 3)},
        ("posterior", "plain", "zeros"),
        draw_path_table,
        AXES,
        valid=valid,
        settle=settled,
    ),
    smallest="π = (½, ¼, ¼), the first state goes to the first two, the others to the third, T = 2, nothing is seen: "
    "the likeliest states are first and third, and no transition leads from the one to the other",
    lanes=16,
)


def draw_with_zeros(rng: Rng, shape: Shape, regime: str, lanes: int) -> Cases:
    """Chains in which some transition starts at 0, and several steps of Baum–Welch."""
    drawn = draw_sequences(rng, shape, regime, lanes).with_settings(steps=STEPS)
    return drawn.with_arrays(lengths=np.maximum(drawn["lengths"], 2))


def long_enough(cases: Cases) -> NDArray[np.bool_]:
    """As `valid`, and a transition in every sequence: (lane,)."""
    return valid(cases) & (cases["lengths"] >= 2).all(axis=1)


def check_zeros_are_learned(answer: Answer, cases: Cases) -> Gap:
    """Every transition that was initialised to 0 is positive after some steps."""
    start, end = answer["A"][:, 0], answer["A"][:, -1]
    return exactly("a transition of 0 has become positive", end > 0, np.ones_like(end), start == 0)


EM_M5 = Myth(
    id="EM-M5",
    title="Baum–Welch can learn a transition that starts at 0",
    sentence="With enough data Baum–Welch makes a transition positive although it was initialised to 0.",
    truth="The expected number of transitions along a path of probability 0 is 0, so a zero stays exactly 0 for ever. "
    "That is how left-right models keep their shape, and why a start should not hold zeros that the data may need.",
    source=(("rabiner1989", "section IV"),),
    asks="baum_welch_fit",
    check=check_zeros_are_learned,
    domain=Domain(
        {"r": (1, 3), "t": (2, 12), "s": (2, 3), "v": (1, 3)},
        ("left-right", "zeros"),
        draw_with_zeros,
        BY_SEQUENCE,
        MappingProxyType({"steps": 1}),
        valid=long_enough,
        settle=settled,
    ),
    smallest="two states, left-right, a sequence of two symbols, one step: the way back stays 0",
    lanes=16,
)

MARKOV_MYTHS: tuple[Myth, ...] = (EM_M4, EM_M5)
