"""A matrix of counts as blocks of documents: each padded to its own longest, none larger than a cache can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from torch import Tensor

from impl.em.allocation import Documents

CELLS = 1 << 18
"""Most numbers of phi in a block: 2 MiB in float64."""


@dataclass(frozen=True)
class Corpus:
    """Documents in blocks, from short to long.

    blocks: words and counts, (r, m) each. order (n,): which document of the matrix stands where. words: how many words
    there are, Σ counts.
    """

    blocks: list[Documents]
    order: NDArray[np.intp]
    words: float

    def in_order(self, rows: Tensor) -> Tensor:
        """Rows in the order of blocks (n, …) as the matrix had them."""
        places = torch.from_numpy(np.argsort(self.order)).to(rows.device)
        return rows.index_select(0, places)


def corpus(counts: Any, topics: int, like: Tensor) -> Corpus:
    """The documents of a matrix (n, v), dense or sparse, on the device and in the dtype of `like`."""
    table = scipy.sparse.csr_array(counts)
    table.sum_duplicates()
    table.eliminate_zeros()
    sizes = np.diff(table.indptr)
    order = np.argsort(sizes, kind="stable")
    blocks, first = [], 0
    while first < len(order):
        last = _end(sizes[order], first, topics)
        blocks.append(_block(table, order[first:last], int(sizes[order[last - 1]]), like))
        first = last
    return Corpus(blocks, order, float(table.sum()))


def _end(sizes: NDArray[np.integer[Any]], first: int, topics: int) -> int:
    """Where the block that begins at `first` ends: sizes rise, and rows × longest × topics stay within `CELLS`."""
    rows = np.arange(1, len(sizes) - first + 1)
    fits = rows * np.maximum(sizes[first:], 1) * topics <= CELLS
    return first + max(1, int(np.count_nonzero(fits)))


def _block(table: Any, rows: NDArray[np.intp], longest: int, like: Tensor) -> Documents:
    """Some rows of a sparse table as one padded block."""
    part = table[rows]
    sizes = np.diff(part.indptr)
    words, counts = np.zeros((2, len(rows), max(longest, 1)))
    places = np.arange(max(longest, 1)) < sizes[:, None]
    words[places], counts[places] = part.indices, part.data
    return Documents(torch.from_numpy(words).to(like.device, torch.int64), torch.from_numpy(counts).to(like))
