"""The transport simplex on whole numbers, all lanes at once (Dantzig 1951): exact, finite, and a vertex at every step.

With the trees of `spanning_tree`, a pivot is a fixed number of tensor operations without a loop over the tree: the
nodes that the leaving cell cuts off are hung below the entering one by one more xor. A lane that has nothing to gain
pivots a basic cell against itself, which changes nothing. Masses are perturbed, so that each pivot lowers the cost by
at least one unit and no tree comes back.
"""

from __future__ import annotations

import torch
from torch import Tensor

from impl.transport.spanning_tree import NEVER, WORD, Tree, first_tree, flags_of

SHRINK = 0.75
"""Finished lanes leave the batch once the others are fewer than this part of it."""
SWEEPS = 100
"""Sweeps for each row and column that are allowed; problems need fewer than one."""


class Pivots:
    """Pivots on one batch of trees, with the room that they work in. One number a lane has the shape (lane, 1)."""

    def __init__(self, tree: Tree, C: Tensor) -> None:
        lanes, words, _ = tree.paths.shape
        cells = tree.mass.shape[1]
        bits = cells // words
        self.tree, self.C, self.n = tree, C, C.shape[1]
        self.less, self.more, self.loss = (torch.empty_like(tree.mass) for _ in range(3))
        self.cut, self.part = (torch.empty_like(tree.potential) for _ in range(2))
        self.first_word = torch.arange(0, lanes * words, words, device=C.device)
        self.flags, cell = flags_of(cells, words, C), torch.arange(cells, device=C.device)
        self.word, self.to_sign = cell // bits, WORD - 1 - cell % bits  # of each cell: its word, and how to its top

    def candidates(self) -> tuple[Tensor, Tensor]:
        """The cell of each row with the least C_ij − g_j: its column's node and its cost C_ij, both (lane, n)."""
        prices = self.tree.potential[:, self.n :]
        least, places = (self.C + prices.unsqueeze(1)).min(-1)
        return places + self.n, least - prices.gather(-1, places)

    def pivot(self, columns: Tensor, costs: Tensor) -> Tensor:
        """Let the best of one candidate a row enter each lane's tree where that pays: (lane, 1), whether it did.

        The reduced cost of a cell is C_ij − f_i − g_j. Mass moves around its cycle until the least cell that loses some
        is empty; that cell leaves, and the potentials of what it cuts off change by the reduced cost.
        """
        tree, n = self.tree, self.n
        reduced = (tree.potential.gather(-1, columns) + costs).sub_(tree.potential[:, :n])
        entering = reduced.argmin(-1, keepdim=True)
        gain = reduced.gather(-1, entering).clamp_max_(0)
        gains = gain < 0
        row = torch.where(gains, entering, tree.row[:, :1])
        column = torch.where(gains, columns.gather(-1, entering), tree.column[:, :1])

        from_row, from_column = self._words(row), self._words(column)
        cycle = from_row ^ from_column
        losing = cycle & (from_column ^ tree.hangs_by_row)
        less, more = self._spread(losing, self.less), self._spread(cycle ^ losing, self.more)
        leaving = torch.bitwise_and(less, tree.mass, out=self.loss).argmin(-1, keepdim=True)
        mass = tree.mass.gather(-1, leaving)
        moved = mass + NEVER
        tree.mass.sub_(less.bitwise_and_(moved)).add_(more.bitwise_and_(moved))

        by_row = self._hang(from_row, from_column, cycle, leaving)
        tree.potential.add_(self.cut.bitwise_and_(torch.where(by_row, gain, -gain)))
        tree.mass.scatter_(-1, leaving, mass)
        tree.row.scatter_(-1, leaving, row)
        tree.column.scatter_(-1, leaving, column)
        return gains

    def _words(self, node: Tensor) -> Tensor:
        """Words (lane, word) of one node a lane."""
        paths = self.tree.paths
        return paths.gather(-1, node.unsqueeze(1).expand(-1, paths.shape[1], 1)).squeeze(-1)

    def _spread(self, words: Tensor, room: Tensor) -> Tensor:
        """Words (lane, word) as masks (lane, cell): −1, all ones, where the bit of a cell is set, else 0."""
        shifts = self.to_sign[: room.shape[1] // words.shape[1]]
        torch.bitwise_left_shift(words.unsqueeze(-1), shifts, out=room.view(*words.shape, -1))
        return room.bitwise_right_shift_(WORD - 1)

    def _hang(self, from_row: Tensor, from_column: Tensor, cycle: Tensor, leaving: Tensor) -> Tensor:
        """Cut the tree at the leaving cell and hang what falls off below the entering one, which takes over its bit.

        Returns whether that part holds the entering row (lane, 1); leaves its nodes as a mask in `cut`.
        """
        tree, cell = self.tree, leaving.squeeze(-1)
        flag = self.flags.index_select(0, cell)  # (lane, word)
        by_row = (from_row & flag).sum(-1, keepdim=True) != 0
        hung_by_row = (tree.hangs_by_row & flag).sum(-1, keepdim=True) != 0
        child = torch.where(hung_by_row, tree.row.gather(-1, leaving), tree.column.gather(-1, leaving))
        turned = torch.where(by_row, from_row, from_column) & ~self._words(child)
        tree.hangs_by_row.bitwise_xor_(turned)  # the cells from the entering one down to the leaving one
        tree.hangs_by_row.bitwise_and_(~flag).bitwise_or_(flag * by_row)

        lanes, words, nodes = tree.paths.shape
        at = self.first_word + self.word.index_select(0, cell)
        torch.index_select(tree.paths.view(lanes * words, nodes), 0, at, out=self.cut)
        self.cut.bitwise_left_shift_(self.to_sign.index_select(0, cell).unsqueeze(-1)).bitwise_right_shift_(WORD - 1)
        cycle = cycle & ~flag
        for k in range(words):
            tree.paths[:, k].bitwise_xor_(torch.bitwise_and(self.cut, cycle[:, k : k + 1], out=self.part))
        return by_row


def optimal_tree(a: Tensor, b: Tensor, C: Tensor) -> Tree:
    """Pivot until no cell of any lane has a negative reduced cost: a, b as `perturbed`, C (lane, n, m), int64.

    A sweep prices all cells and then makes n/8 pivots more with its candidates. The host waits once a sweep. Raises
    RuntimeError where that does not end within any reason.
    """
    lanes, n, m = C.shape
    whole = tree = first_tree(a, b, C)
    running = torch.arange(lanes, device=C.device)
    at = Pivots(tree, C)
    for _ in range(SWEEPS * (n + m)):
        columns, costs = at.candidates()
        gains = at.pivot(columns, costs)
        for _ in range(n // 8):
            at.pivot(columns, costs)
        still = gains.squeeze(-1).nonzero().squeeze(-1)
        if len(still) < SHRINK * len(running) or len(still) == 0:
            if tree is not whole:
                whole.put(running, tree)
            if len(still) == 0:
                return whole
            running, tree = running.index_select(0, still), tree.take(still)
            at = Pivots(tree, at.C.index_select(0, still))
    raise RuntimeError(f"the simplex did not finish within {SWEEPS * (n + m)} sweeps: please report this problem")
