"""A reader's own optimal transport, by successive shortest paths: nothing in it knows about Tollens."""

import numpy as np


class MyTransport:
    """The transport programme between weights a (n,) and b (m,) for a cost matrix M (n, m), and distances on a line."""

    def emd(self, a, b, M):
        """The plan of least cost, and potentials u ⊕ v ≤ M that prove it."""
        n, m = M.shape
        plan, supply, demand = np.zeros((n, m)), a.astype(float), b.astype(float)
        u, v = np.zeros(n), M.min(axis=0)
        while supply.any() and demand.any():
            rows, columns, from_column, from_row, j = shortest_paths(plan, supply, demand, M - u[:, None] - v)
            u, v = u + columns[j] - np.minimum(rows, columns[j]), v - columns[j] + np.minimum(columns, columns[j])
            path = [(from_row[j], j)]  # cells that gain mass, from the last to the first
            while from_column[path[-1][0]] >= 0:
                back = from_column[path[-1][0]]
                path.append((from_row[back], back))
            first = path[-1][0]
            lose = [(i, from_column[i]) for i, _ in path[:-1]]
            mass = min([supply[first], demand[j]] + [plan[cell] for cell in lose])
            for cell in path:
                plan[cell] += mass
            for cell in lose:
                plan[cell] -= mass
            supply[first] -= mass
            demand[j] -= mass
        return plan, {"u": u, "v": self.c_transform(u, M)}

    def c_transform(self, f, M):
        """The largest g with f ⊕ g ≤ M."""
        return (M - f[:, None]).min(axis=0)

    def wasserstein_1d(self, x, y, a, b, p=1):
        """W_p of two measures on the line: the p-norm of the difference of their quantile functions."""
        x, A = sorted_with_cumulated_weights(x, a)
        y, B = sorted_with_cumulated_weights(y, b)
        levels = np.sort(np.concatenate([A, B]))
        F, G = x[np.searchsorted(A, levels).clip(max=len(A) - 1)], y[np.searchsorted(B, levels).clip(max=len(B) - 1)]
        farthest = np.abs(F - G).max() or 1.0  # powers of numbers below 1 neither overflow nor lose digits
        return farthest * (np.diff(levels, prepend=0) @ (np.abs(F - G) / farthest) ** p) ** (1 / p)


def sorted_with_cumulated_weights(x, a):
    x, a = x[a > 0], a[a > 0]
    order = np.argsort(x)
    return x[order], np.cumsum(a[order])


def shortest_paths(plan, supply, demand, slack):
    """Dijkstra from all rows with supply to the nearest column j with demand, along slack and back along the plan.

    Returns distances of rows and columns, for each row the column and for each column the row it is reached from, j.
    Cells of the plan come first among equals, so that the plan stays a forest: a vertex.
    """
    n, m = plan.shape
    rows, from_column = np.where(supply > 0, 0.0, np.inf), np.full(n, -1)
    columns, from_row, unseen = np.full(m, np.inf), np.zeros(m, dtype=int), np.ones(m, dtype=bool)
    new = np.flatnonzero(supply > 0)
    while True:
        for i in new:
            far = rows[i] + np.where(plan[i] > 0, 0, np.maximum(slack[i], 0))
            nearer = unseen & ((far < columns) | (far == columns) & (plan[i] > 0))
            columns[nearer], from_row[nearer] = far[nearer], i
        j = min(np.flatnonzero(unseen), key=lambda j: (columns[j], plan[from_row[j], j] == 0))
        if demand[j] > 0:
            return rows, columns, from_column, from_row, j
        unseen[j] = False
        new = np.flatnonzero((plan[:, j] > 0) & np.isinf(rows))
        rows[new], from_column[new] = columns[j], j
