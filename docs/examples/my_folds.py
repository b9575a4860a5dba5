"""A reader's own folds for cross-validation: nothing in it knows about Tollens."""

import numpy as np


class MyFolds:
    """Splits n rows into k folds, each of which tests once; the first n mod k have a row more."""

    def __init__(self, n_splits=5, shuffle=False, random_state=None):
        self.n_splits = n_splits
        self.shuffle = shuffle
        self.random_state = random_state

    def split(self, X):
        rows = np.arange(len(X))
        if self.shuffle:
            np.random.default_rng(self.random_state).shuffle(rows)
        for start, end in self.borders(len(X)):
            test = rows[start:end]
            yield np.setdiff1d(rows, test), test

    def borders(self, n):
        """Where each fold begins and ends."""
        sizes = np.full(self.n_splits, n // self.n_splits)
        sizes[: n % self.n_splits] += 1
        ends = np.cumsum(sizes)
        return zip(ends - sizes, ends)
