"""A reader's own AdaBoost, written from the textbook: nothing in it knows about Tollens."""

import numpy as np


class Stump:
    """Predicts `polarity` where X[:, feature] > threshold, and its opposite elsewhere."""

    def __init__(self, feature, threshold, polarity):
        self.feature, self.threshold, self.polarity = feature, threshold, polarity

    def predict(self, X):
        return np.where(X[:, self.feature] > self.threshold, self.polarity, -self.polarity)


def best_stump(X, y, w):
    """The stump of least weighted error among all features, cuts (one below everything) and polarities."""
    best, least = None, np.inf
    for feature in range(X.shape[1]):
        values = np.unique(X[:, feature])
        for threshold in np.r_[-np.inf, values[:-1]]:
            for polarity in (1, -1):
                stump = Stump(feature, threshold, polarity)
                error = w[stump.predict(X) != y].sum()
                if error < least:
                    best, least = stump, error
    return best


class MyBoost:
    """Discrete AdaBoost with stumps for labels −1 and +1."""

    def __init__(self, n_rounds=10):
        self.n_rounds = n_rounds

    def fit(self, X, y, sample_weight=None):
        D = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        D = D / D.sum()
        self.estimators_, self.alphas_ = [], []
        self.majority_ = 1 if D @ y >= 0 else -1
        for _ in range(self.n_rounds):
            stump = best_stump(X, y, D)
            h = stump.predict(X)
            error = D[h != y].sum()
            if error >= 0.5:
                break
            self.estimators_.append(stump)
            if error == 0:
                self.alphas_.append(1 + sum(self.alphas_))  # outvotes all others together
                break
            alpha = 0.5 * np.log((D[h == y].sum()) / error)
            self.alphas_.append(alpha)
            D = D * np.exp(-alpha * y * h)
            D = D / D.sum()
        return self

    def decision_function(self, X):
        votes = [alpha * stump.predict(X) for alpha, stump in zip(self.alphas_, self.estimators_)]
        return np.sum(votes, axis=0) if votes else np.zeros(len(X))

    def predict(self, X):
        F = self.decision_function(X)
        return np.where(F > 0, 1, -1) if self.estimators_ else np.full(len(X), self.majority_)
