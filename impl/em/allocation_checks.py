"""Latent Dirichlet allocation at the border: errors that name the argument, the bad value and its place."""

from __future__ import annotations

import torch
from torch import Tensor

from impl.core import validation
from impl.em.allocation import Documents
from impl.em.errors import ZeroLikelihoodError
from impl.em.probabilities import check_positive, check_whole, place


def checked_lengths(lengths: Tensor, most: int) -> Tensor:
    """Lengths as int64. Raises ValueError outside 0 … most."""
    whole = _whole(lengths, "lengths")
    bad = (whole < 0) | (whole > most)
    if bool(bad.any()):
        raise ValueError(f"lengths must lie in 0 … {most}, got {whole[bad][0].item()} at index {place(bad)}")
    return whole


def checked_words(words: Tensor, lengths: Tensor, vocabulary: int) -> Tensor:
    """Words as int64, 0 behind the length. Raises ValueError at the first word in front that is none of 0 … v−1."""
    if words.shape[:-1] != lengths.shape:
        expected = tuple(words.shape[:-1])
        raise ValueError(f"lengths must have shape {expected} to match words, got {tuple(lengths.shape)}")
    seen = torch.arange(words.shape[-1], device=words.device) < lengths.unsqueeze(-1)
    whole = _whole(torch.where(seen, words, 0), "words")
    bad = (whole < 0) | (whole >= vocabulary)
    if bool(bad.any()):
        raise ValueError(f"words must lie in 0 … {vocabulary - 1}, got {whole[bad][0].item()} at index {place(bad)}")
    return whole


def checked_phi(phi: Tensor, lengths: Tensor) -> Tensor:
    """Phi (…, r, n, k), 0 behind the length. Raises ValueError at the first entry in front that is no probability."""
    if phi.shape[:-2] != lengths.shape:
        raise ValueError(f"phi must have shape {(*lengths.shape, 'n', 'k')} to match lengths, got {tuple(phi.shape)}")
    seen = torch.arange(phi.shape[-2], device=phi.device) < lengths.unsqueeze(-1)
    front = torch.where(seen.unsqueeze(-1), phi, 0)
    validation.finite(front, "phi")
    validation.non_negative(front, "phi")
    return front


def check_dirichlet(x: Tensor, name: str, layout: str) -> None:
    """Raise ValueError unless a Dirichlet's parameters are finite and positive."""
    validation.floating(x, name)
    validation.rank(x, name, layout.count(","), layout)
    validation.non_empty(x, name, layout)
    check_positive(x, name)


def check_producible(log_words: Tensor, documents: Documents, order: Tensor | None = None) -> None:
    """Raise ZeroLikelihoodError at the first word that no topic can produce; order (r,): the documents' own numbers."""
    bad = (log_words.amax(-1) == -torch.inf) & (documents.counts > 0)
    if bool(bad.any()):
        row = bad.any(-1)
        where = place(row) if order is None else order[row][0].item()
        raise ZeroLikelihoodError(
            f"word {documents.words[bad][0].item()} of document {where} has probability 0 under every topic: "
            f"smooth the topics with eta, or leave the word out"
        )


def _whole(x: Tensor, name: str) -> Tensor:
    if not x.is_floating_point():
        return x
    validation.finite(x, name)
    check_whole(x, name)
    return x.long()
