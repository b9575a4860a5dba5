"""The same AdaBoost with a classic mistake: the vote forgets its factor one half."""

import numpy as np
from my_boost import MyBoost, best_stump


class MyWrongBoost(MyBoost):
    """Discrete AdaBoost whose α is ln((1 − ε)/ε), while its weights are updated as if α had the ½."""

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
                self.alphas_.append(1 + sum(self.alphas_))
                break
            alpha = np.log((1 - error) / error)
            self.alphas_.append(alpha)
            D = D * np.exp(-alpha * y * h)
            D = D / D.sum()
        return self
