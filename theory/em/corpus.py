"""Real documents: the descriptions of scikit-learn's data sets; and documents generated from a stated model.

A corpus of the lane 0 has words (1, r, n), lengths (1, r), and a start: alpha (1, k), beta (1, k, v), with gamma
(1, r, k) and phi (1, r, n, k) that know nothing of the words yet.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from theory.core.domain import Array, Cases

Rng = np.random.Generator

VOCABULARY = 40
"""How many of the most frequent words are kept."""

LONGEST = 40
"""How many of its words a document keeps, from the front."""

TOPICS = 3


def generated(rng: Rng, alpha: Array, beta: Array, documents: int, length: int) -> NDArray[np.int64]:
    """Words (lane, documents, length) of the model: θ ~ Dirichlet(α), then p(w) = Σ_k θ_k β_kw; beta (…, k, v)."""
    share = rng.standard_gamma(alpha[:, None], (len(alpha), documents, alpha.shape[1])) + np.finfo(np.float64).tiny
    word = (share / share.sum(axis=2, keepdims=True)) @ beta  # p(w | θ, β): (lane, document, v)
    reached = np.cumsum(word, axis=2) / word.sum(axis=2, keepdims=True)
    coin = rng.random((len(alpha), documents, length, 1))
    return np.asarray(np.minimum((coin >= reached[:, :, None]).sum(axis=3), beta.shape[2] - 1))


def descriptions() -> list[str]:
    """The texts of scikit-learn's data set descriptions, in the order of their names."""
    from importlib import resources

    files = resources.files("sklearn.datasets.descr").iterdir()
    return [
        file.read_text(encoding="utf-8") for file in sorted(files, key=lambda f: f.name) if file.name[-4:] == ".rst"
    ]


def counted(texts: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
    """Words (r, n) in the order of the text, lengths (r,), and the vocabulary: the most frequent words."""
    from sklearn.feature_extraction.text import CountVectorizer

    reader = CountVectorizer(stop_words="english", token_pattern=r"[a-z]{3,}", max_features=VOCABULARY)
    reader.fit(texts)
    analyse = reader.build_analyzer()
    rows = [[reader.vocabulary_[word] for word in analyse(text) if word in reader.vocabulary_] for text in texts]
    lengths = np.array([min(len(row), LONGEST) for row in rows])
    words = np.zeros((len(rows), int(lengths.max())), dtype=np.int64)
    for place, row in enumerate(rows):
        words[place, : lengths[place]] = row[: lengths[place]]
    return words, lengths, list(reader.get_feature_names_out())


def _started(words: Array, lengths: Array, vocabulary: int) -> Cases:
    """The corpus (r, n) with a start that breaks the symmetry of topics in one seeded draw."""
    rng, (r, n) = np.random.default_rng(len(lengths)), words.shape
    here = np.arange(n) < lengths[:, None]
    arrays = {
        "alpha": np.full((1, TOPICS), 0.5),
        "beta": rng.dirichlet(np.full(vocabulary, 2.0), (1, TOPICS)),
        "words": words[None],
        "lengths": lengths[None],
        "gamma": 0.5 + np.repeat(lengths[None, :, None] / TOPICS, TOPICS, axis=2),
        "phi": rng.dirichlet(np.ones(TOPICS), (1, r, n)) * here[..., None],
    }
    return Cases(arrays, {}, "real")


def sklearn_descriptions() -> Cases:
    """Descriptions of scikit-learn's data sets: 14 documents of up to 40 words."""
    words, lengths, vocabulary = counted(descriptions())
    return _started(words, lengths, len(vocabulary))


def stated_model() -> Cases:
    """Twelve documents of 30 words from three topics over 12 words, each topic at home in four of them, α = 1/4."""
    beta = np.kron(np.eye(TOPICS), np.ones(4))[None] * 20 + 1
    words = generated(
        np.random.default_rng(2003), np.full((1, TOPICS), 0.25), beta / beta.sum(axis=2)[..., None], 12, 30
    )
    return _started(words[0], np.full(12, 30), beta.shape[2])


REAL: MappingProxyType[str, Callable[[], Cases]] = MappingProxyType(
    {"sklearn-descriptions": sklearn_descriptions, "stated-model": stated_model}
)
"""Corpora for any operation."""
