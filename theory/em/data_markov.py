"""Real data as sequences of symbols, loaded when asked for: the letters of texts that scikit-learn ships.

Vowels and consonants in turn made the first Markov chain (Markov 1913), and two hidden states find
vowels and consonants by themselves (Cave & Neuwirth 1980).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Cases

VOWELS = "aeiouy"
SPACE, VOWEL, CONSONANT = range(3)

EXCERPT, EXCERPTS = 60, 3
"""Letters of an excerpt, and excerpts of each text."""

START = {
    "pi": np.array([0.5, 0.5]),
    "A": np.array([[0.25, 0.75], [0.625, 0.375]]),
    "B": np.array([[0.25, 0.5, 0.25], [0.125, 0.25, 0.625]]),
}
"""Two states that differ a little: a symmetric start would stay symmetric for ever."""


def texts() -> tuple[str, ...]:
    """Descriptions of three data sets, in English prose."""
    from sklearn import datasets

    loaded = (datasets.load_iris, datasets.load_wine, datasets.load_breast_cancer)
    return tuple(str(load().DESCR) for load in loaded)


def letters(text: str) -> NDArray[np.int64]:
    """A text as spaces, vowels and consonants: anything but a letter is a space, and spaces do not repeat."""
    words = "".join(c if "a" <= c <= "z" else " " for c in text.lower()).split()
    classes = {" ": SPACE} | {c: VOWEL if c in VOWELS else CONSONANT for c in "abcdefghijklmnopqrstuvwxyz"}
    return np.array([classes[c] for c in " ".join(words)], dtype=np.int64)


def letters_as_sequences() -> Cases:
    """Excerpts of each text for Baum–Welch: symbols (text, excerpt, letter), fifteen steps."""
    symbols = np.stack([letters(text)[: EXCERPT * EXCERPTS].reshape(EXCERPTS, EXCERPT) for text in texts()])
    started = {name: np.tile(value, (len(symbols), *[1] * value.ndim)) for name, value in START.items()}
    lengths = np.tile(EXCERPT - np.arange(EXCERPTS), (len(symbols), 1))
    return Cases({**started, "symbols": symbols, "lengths": lengths}, {"steps": 15}, "letters")


def letters_as_table() -> Cases:
    """The first 1500 letters of each text as likelihoods under `START`: b (text, letter, state)."""
    symbols = np.stack([letters(text)[:1500] for text in texts()])
    arrays = {name: np.tile(START[name], (len(symbols), *[1] * START[name].ndim)) for name in ("pi", "A")}
    b = np.asarray(START["B"].T[symbols])
    return Cases({**arrays, "b": b, "lengths": np.full(len(symbols), 8)}, {"method": "scaled"}, "letters")
