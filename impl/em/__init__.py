"""EM over lanes: Gaussian and count mixtures, hidden Markov models, topics; with faces like scikit-learn's.

>>> from impl.em import GaussianMixture
>>> model = GaussianMixture(n_components=2, random_state=0).fit([[0.0], [0.1], [0.3], [9.8], [9.9], [10.0]])
>>> bool((model.log_likelihoods_[1:] >= model.log_likelihoods_[:-1]).all())
True

Names are looked up when they are used: the faces need scikit-learn, whose import takes longer than a claim.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impl.em.categorical_hmm import CategoricalHMM
    from impl.em.count_mixtures import BinomialMixture, MultinomialMixture
    from impl.em.driver import EMResult, run
    from impl.em.errors import DegenerateCovarianceError, ZeroLikelihoodError
    from impl.em.gaussian_hmm import GaussianHMM
    from impl.em.gaussian_mixture import GaussianMixture
    from impl.em.lda import LatentDirichletAllocation

_ROOMS = {
    "categorical_hmm": ("CategoricalHMM",),
    "count_mixtures": ("BinomialMixture", "MultinomialMixture"),
    "driver": ("EMResult", "run"),
    "errors": ("DegenerateCovarianceError", "ZeroLikelihoodError"),
    "gaussian_hmm": ("GaussianHMM",),
    "gaussian_mixture": ("GaussianMixture",),
    "lda": ("LatentDirichletAllocation",),
}

__all__ = [
    "BinomialMixture",
    "CategoricalHMM",
    "DegenerateCovarianceError",
    "EMResult",
    "GaussianHMM",
    "GaussianMixture",
    "LatentDirichletAllocation",
    "MultinomialMixture",
    "ZeroLikelihoodError",
    "run",
]


def __getattr__(name: str) -> object:
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{room}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
