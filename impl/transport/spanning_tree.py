"""Bases of the transport programme: spanning trees of rows and columns, one a lane, held as tables of bits.

Word w of `paths` at a node has a bit for each cell, set where the cell lies on the node's way to the root. So the cycle
that a cell (i, j) closes is paths(i) xor paths(j), and what a cell cuts off are the nodes that have its bit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor
from torch.nn import functional

WORD = 64
"""Bits of a word."""
NEVER = 2**62
"""More than any mass, cost or potential."""


@dataclass(frozen=True)
class Tree:
    """One tree a lane, in int64, changed in place. Nodes are the rows i < n, then the columns n + j.

    paths (lane, word, node). potential (lane, node): f_i, and −g_j. mass (lane, cell): what a basic cell carries, less
    NEVER; 0 where there is no cell. row, column (lane, cell): its two nodes. hangs_by_row (lane, word): the bit of a
    cell is set where its row is the end away from the root.
    """

    paths: Tensor
    potential: Tensor
    mass: Tensor
    row: Tensor
    column: Tensor
    hangs_by_row: Tensor

    def take(self, lanes: Tensor) -> Tree:
        """The trees of some lanes."""
        return replace(self, **{f.name: getattr(self, f.name).index_select(0, lanes) for f in fields(self)})

    def put(self, lanes: Tensor, trees: Tree) -> None:
        """Write the trees of some lanes back."""
        for f in fields(self):
            getattr(self, f.name).index_copy_(0, lanes, getattr(trees, f.name))


def perturbed(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Masses times 2n + 1, plus 1 in each row and n in the last column that has mass (Orden 1956).

    No sum of some rows then equals that of some columns, short of all: every cell of every tree carries mass.
    """
    n = a.shape[-1]
    places = torch.arange(b.shape[-1], device=b.device)
    last = torch.where(b > 0, places, -1).amax(-1, keepdim=True)
    return a * (2 * n + 1) + 1, b * (2 * n + 1) + n * (places == last)


def unperturbed(mass: Tensor, n: int) -> Tensor:
    """The masses of cells as they would have been without what was added, which they hold between −n and n times."""
    return torch.div(mass + n, 2 * n + 1, rounding_mode="floor")


def plan_of(tree: Tree, n: int, m: int) -> Tensor:
    """The masses of the cells, without what `perturbed` added, as a plan (lane, n, m)."""
    mass = torch.where(tree.mass < 0, unperturbed(tree.mass + NEVER, n), 0)
    cell = (tree.row * m + tree.column - n).clamp_min(0)
    return mass.new_zeros((len(mass), n * m)).scatter_add(-1, cell, mass).view(-1, n, m)


def flags_of(cells: int, words: int, like: Tensor) -> Tensor:
    """The bit of each cell in its word: (cell, word), all else 0."""
    cell, bits = torch.arange(cells, device=like.device), cells // words
    bit = torch.ones_like(cell) << cell % bits
    return like.new_zeros((cells, words)).scatter_(-1, (cell // bits).unsqueeze(-1), bit.unsqueeze(-1))


def first_tree(a: Tensor, b: Tensor, C: Tensor) -> Tree:
    """A tree by the row-minimum rule: each row in turn fills its cheapest columns, costs less their column's minimum.

    a (lane, n), b (lane, m) as `perturbed` makes them, C (lane, n, m). Each step fills one cell and so uses up one row
    or one column; what one number a lane is has the shape (lane, 1). Columns without mass stand outside the tree, at a
    potential that keeps them there.
    """
    lanes, n, m = C.shape
    cheap = (C - C.amin(1, keepdim=True)).view(lanes * n, m)
    start = torch.arange(0, lanes * n, n, device=C.device).unsqueeze(-1)
    supply, demand, closed = torch.cat([a, a.new_zeros((lanes, 1))], dim=-1), b.clone(), (b == 0) * NEVER
    row, left = a.new_zeros((lanes, 1)), a[:, :1]
    steps = []
    for _ in range(n + m - 1):
        here = row.clamp_max(n - 1)
        line = cheap.index_select(0, (start + here).squeeze(-1))
        place = torch.bitwise_or(line, closed).argmin(-1, keepdim=True)
        wanted = demand.gather(-1, place)
        moved = torch.minimum(left, wanted)
        left, wanted = left - moved, wanted - moved
        demand.scatter_(-1, place, wanted)
        closed.scatter_(-1, place, (wanted == 0) * NEVER)
        by_row = left == 0
        steps.append((here, place, moved, by_row))
        row = (row + by_row).clamp_max(n)
        left = torch.where(by_row, supply.gather(-1, row), left)
    tree = hung_up(C, *(torch.cat(values, dim=-1) for values in zip(*steps, strict=True)))
    tree.potential[:, n:].add_((b == 0) * NEVER)
    return tree


def hung_up(C: Tensor, row: Tensor, place: Tensor, mass: Tensor, by_row: Tensor) -> Tree:
    """The tree of cells (row, place), (lane, cell), each of which used up its row (`by_row`) or else its column.

    What is used up hangs below the other one, and later cells lie nearer to the root. Cells without mass are none.
    """
    lanes, n, m = C.shape
    words = -(-row.shape[1] // WORD)
    row, place, mass, by_row = (functional.pad(x, (0, -x.shape[1] % words)) for x in (row, place, mass, by_row))
    cells, nodes, used = row.shape[1], n + m, mass > 0
    flags = flags_of(cells, words, C)
    cost = C.view(lanes, n * m).gather(-1, row * m + place)
    child = torch.where(used, torch.where(by_row, row, place + n), nodes)  # a spare node for what is no cell
    above = torch.arange(nodes + 1, device=C.device).repeat(lanes, 1)
    above.scatter_(-1, child, torch.where(by_row, place + n, row))
    potential = C.new_zeros((lanes, nodes + 1)).scatter_(-1, child, torch.where(by_row, cost, -cost))
    word = torch.arange(words, device=C.device).repeat_interleave(cells // words, output_size=cells)
    paths = C.new_zeros((lanes, words * (nodes + 1)))
    paths.scatter_(-1, word * (nodes + 1) + child, flags.sum(-1).expand(lanes, -1))
    paths = paths.view(lanes, words, nodes + 1)
    for _ in range(nodes.bit_length()):  # pointer doubling: each node adds up what lies on its way to the root
        potential = potential + potential.gather(-1, above)
        paths = paths | paths.gather(-1, above.unsqueeze(1).expand_as(paths))
        above = above.gather(-1, above)
    hangs_by_row = ((by_row & used).unsqueeze(-1) * flags).sum(1)
    paths, potential = paths[..., :nodes].clone(), potential[:, :nodes].clone()
    return Tree(paths, potential, (mass - NEVER) * used, row, place + n, hangs_by_row)
