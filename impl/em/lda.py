"""Latent Dirichlet allocation, shaped like a scikit-learn transformer."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from impl.core import validation
from impl.core.arrays import to_numpy
from impl.core.estimator import check_positive as check_positive_number
from impl.core.estimator import design, like, source
from impl.em.allocation import of_words
from impl.em.allocation_blocks import Corpus, corpus
from impl.em.allocation_checks import check_producible
from impl.em.allocation_fit import State, VariationalEM, newton_step
from impl.em.allocation_topics import POINTS, TopicModel, smoothed
from impl.em.probabilities import check_non_negative, check_positive, check_probabilities


class LatentDirichletAllocation(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Topics of documents by variational EM (Blei, Ng & Jordan 2003).

    n_components: topics. alpha: the documents' Dirichlet, a number for all topics or (k,); None: 1/k. learn_alpha:
    whether a damped step of Newton's method follows each M-step. eta: None for topics that are points, or the Dirichlet
    of smoothed topics, which never exclude a word. max_iter, tol: EM stops after a step that raises the bound by at
    most tol nats a word. sweeps: of phi and γ in each E-step of fit; with many, documents settle on topics that mean
    nothing yet, and the end is worse. max_doc_iter, doc_tol: sweeps in transform and score, until γ moves by at most
    doc_tol on average. topics_init (k, v): the start, random by default. random_state: of the start and of samples.

    After fit: components_ (k, v): β, or with eta the λ of q(β); topics_ (k, v): their means, rows sum to 1; alpha_
    (k,); bounds_ (n_iter_+1,): the bound on log p(corpus), before the first step and after each one; lower_bound_: the
    last; n_iter_, converged_. Counts need not be whole. X may be sparse, or a torch tensor, whose device is kept.

    >>> X = [[3, 2, 0, 0], [0, 0, 4, 1], [2, 3, 0, 0]]
    >>> lda = LatentDirichletAllocation(2, eta=0.1, random_state=0).fit(X)
    >>> lda.transform(X).argmax(axis=1).tolist() in ([0, 1, 0], [1, 0, 1])
    True
    """

    def __init__(
        self,
        n_components: int = 10,
        *,
        alpha: Any = None,
        eta: float | None = None,
        learn_alpha: bool = True,
        max_iter: int = 500,
        tol: float = 1e-5,
        sweeps: int = 1,
        max_doc_iter: int = 100,
        doc_tol: float = 1e-4,
        topics_init: Any = None,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.alpha = alpha
        self.eta = eta
        self.learn_alpha = learn_alpha
        self.max_iter = max_iter
        self.tol = tol
        self.sweeps = sweeps
        self.max_doc_iter = max_doc_iter
        self.doc_tol = doc_tol
        self.topics_init = topics_init
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return int(self.components_.shape[0])

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn topics from counts X (documents, vocabulary).

        Raises ValueError naming the argument, ZeroLikelihoodError for a word that every topic of topics_init excludes.
        """
        self._check_parameters()
        counts, blank = self._counts(X, reset=True)
        texts = corpus(counts, self.n_components, blank)
        if not texts.words:
            raise ValueError("X must hold at least one word, got all zeros")
        em = self._em(texts, blank, self.sweeps)
        alpha, topics = self._first_alpha(blank), self._first_topics(blank)
        _check_possible(em, texts, topics)
        found = em.fit(alpha, topics, max_iter=self.max_iter, tol=self.tol * texts.words)
        self.alpha_, self.components_ = to_numpy(found.params.alpha), to_numpy(found.params.topics)
        self.topics_ = self.components_ / self.components_.sum(axis=1, keepdims=True)
        self.bounds_, self.lower_bound_ = to_numpy(found.log_likelihood), float(found.log_likelihood[-1])
        self.n_iter_, self.converged_ = int(found.n_iter), bool(found.converged)
        if not self.converged_:
            warnings.warn(
                f"the bound still rose by more than tol={self.tol:g} a word after max_iter={self.max_iter} steps; "
                f"raise max_iter or tol",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _check_parameters(self) -> None:
        for name in ("n_components", "max_iter", "sweeps", "max_doc_iter"):
            validation.at_least(getattr(self, name), name, 1)
        for name in ("tol", "doc_tol"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be non-negative, got {getattr(self, name)!r}")
        if self.eta is not None:
            check_positive_number(self.eta, "eta")

    def _counts(self, X: Any, *, reset: bool) -> tuple[Any, Tensor]:
        """X as a NumPy or sparse matrix, and an empty tensor of its dtype on its device."""
        if scipy.sparse.issparse(X):
            table = validate_data(self, X, reset=reset, accept_sparse="csr", dtype=[np.float64, np.float32])
            check_non_negative(torch.from_numpy(table.data), self)
            return table, torch.empty(0, dtype=getattr(torch, table.dtype.name))
        data = design(self, X, reset=reset)
        check_non_negative(data, self)
        return to_numpy(data), data.new_empty(0)

    def _em(self, texts: Corpus, blank: Tensor, sweeps: int, tol: float | None = None) -> VariationalEM:
        model: TopicModel = POINTS if self.eta is None else smoothed(blank.new_tensor(self.eta))
        return VariationalEM(texts.blocks, model, sweeps, tol, next_alpha=newton_step if self.learn_alpha else None)

    def _first_alpha(self, blank: Tensor) -> Tensor:
        k = self.n_components
        alpha = blank.new_tensor(1 / k if self.alpha is None else self.alpha)
        if alpha.dim() == 0:
            alpha = alpha.expand(k).clone()
        if alpha.shape != (k,):
            raise ValueError(f"alpha must be a number or have shape ({k},), got {tuple(alpha.shape)}")
        check_positive(alpha, "alpha")
        return alpha

    def _first_topics(self, blank: Tensor) -> Tensor:
        shape = (self.n_components, int(self.n_features_in_))
        if self.topics_init is None:
            draw = np.random.default_rng(source(self.random_state).initial_seed())
            if self.eta is not None:
                return torch.from_numpy(draw.gamma(100.0, 0.01, shape)).to(blank)
            topics = torch.from_numpy(draw.standard_exponential(shape)).to(blank) + torch.finfo(blank.dtype).eps
            return topics / topics.sum(-1, keepdim=True)
        topics = blank.new_tensor(self.topics_init)
        if topics.shape != shape:
            raise ValueError(f"topics_init must have shape {shape}, got {tuple(topics.shape)}")
        if self.eta is None:
            check_probabilities(topics, "topics_init")
        else:
            check_positive(topics, "topics_init")
        return topics

    def _inferred(self, X: Any) -> tuple[Tensor, float, float]:
        """Gamma of each document (n, k), the bound of them all, and how many words they have."""
        check_is_fitted(self)
        counts, blank = self._counts(X, reset=False)
        texts = corpus(counts, self.n_components, blank)
        em = self._em(texts, blank, self.max_doc_iter, self.doc_tol)
        alpha, topics = (torch.from_numpy(values).to(blank) for values in (self.alpha_, self.components_))
        _check_possible(em, texts, topics)
        guess, bound = em.e_step(State(alpha, topics, em.fresh(alpha)))
        return texts.in_order(guess.gamma), float(bound), texts.words

    def transform(self, X: Any) -> Any:
        """The expected topics of each document, E_q θ: (n, k), rows sum to 1.

        Raises ZeroLikelihoodError, without eta, for a word that was never seen in fit.
        """
        gamma = self._inferred(X)[0]
        return like(X, gamma / gamma.sum(-1, keepdim=True))

    def score(self, X: Any, y: Any = None) -> float:
        """The bound on log p(X), in nats, at the topics of the fit; with eta the topics' own part is in it."""
        return self._inferred(X)[1]

    def perplexity(self, X: Any) -> float:
        """exp(−bound ∕ words): lower is better (their section 7.1)."""
        _, bound, words = self._inferred(X)
        if not words:
            raise ValueError("X must hold at least one word, got all zeros")
        return float(np.exp(-bound / words))

    def sample(self, n_documents: int = 1, *, length: int = 100) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Draw documents of so many words from alpha_ and topics_: counts (n, v), and the θ of each (n, k)."""
        check_is_fitted(self)
        validation.at_least(n_documents, "n_documents", 1)
        validation.at_least(length, "length", 0)
        draw = np.random.default_rng(source(self.random_state).initial_seed())
        topics = self.topics_.astype(np.float64)
        topics /= topics.sum(axis=1, keepdims=True)
        theta = draw.dirichlet(self.alpha_.astype(np.float64), n_documents)
        lengths = draw.multinomial(length, theta)  # (n, k)
        counts = np.zeros((n_documents, topics.shape[1]), dtype=np.int64)
        for words, topic in zip(lengths.T, topics, strict=True):
            counts += draw.multinomial(words, topic)
        return counts, theta


def _check_possible(em: VariationalEM, texts: Corpus, topics: Tensor) -> None:
    """Raise ZeroLikelihoodError at a word that no topic can produce."""
    table = em.topics.table(topics)
    numbers = torch.split(torch.from_numpy(texts.order), [len(block.words) for block in texts.blocks])
    for block, order in zip(texts.blocks, numbers, strict=True):
        check_producible(of_words(table, block), block, order.to(table.device))
