"""EM over lanes: Gaussian and count mixtures, hidden Markov models, topics; with faces like scikit-learn's.

>>> from impl.em import GaussianMixture
>>> model = GaussianMixture(n_components=2, random_state=0).fit([[0.0], [0.1], [0.3], [9.8], [9.9], [10.0]])
>>> bool((model.log_likelihoods_[1:] >= model.log_likelihoods_[:-1]).all())
True

Names are looked up when they are used: the faces need scikit-learn, whose import takes longer than a claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from impl.core.lazy import exports

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

__getattr__, __dir__ = exports(__name__, _ROOMS)
