"""A reader's own support vector machine, written by hand: nothing in it knows about Tollens."""

import numpy as np


class MySVM:
    """Minimise ½‖w‖² + C Σ max(0, 1 − y f) by climbing its dual; labels −1 and +1.

    kernel: "linear" for points X (n, d), or "precomputed" for their kernel matrix (n, n).
    """

    def __init__(self, C=1.0, kernel="linear", tol=1e-10, max_iter=1000):
        self.C = C
        self.kernel = kernel
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X, y):
        K = X if self.kernel == "precomputed" else X @ X.T
        beta = np.zeros(len(y))  # α y
        for _ in range(self.max_iter):
            missing, can_grow, can_fall = self.state(K, y, beta)
            i = np.argmax(np.where(can_grow, missing, -np.inf))
            apart = np.where(can_fall, np.maximum(missing[i] - missing, 0), 0)
            if apart.max() <= self.tol:
                break
            j = np.argmax(apart**2 / np.maximum(K[i, i] + np.diag(K) - 2 * K[i], 1e-12))  # the pair that gains most
            pair = np.zeros(len(y))
            pair[i], pair[j] = 1, -1
            beta = self.climb(K, y, beta, pair)
            beta = self.climb(K, y, beta, self.of_the_free(K, y, beta))
        self.support_ = np.flatnonzero(beta)
        self.dual_coef_ = beta[self.support_]
        self.intercept_ = self.bias(*self.state(K, y, beta))
        if self.kernel == "linear":
            self.coef_ = beta @ X
        return self

    def state(self, K, y, beta):
        """What each row lacks of its label, y − Kβ, and whether its β can grow and fall."""
        return y - K @ beta, beta < np.maximum(0, self.C * y), beta > np.minimum(0, self.C * y)

    def climb(self, K, y, beta, direction):
        """The best β along a direction of sum 0; whoever has no more room is exactly 0 or ±C."""
        slope = direction @ (y - K @ beta)
        if slope <= 0:
            return beta
        step = slope / max(direction @ K @ direction, 1e-12 * direction @ direction) * direction
        end = np.where(step * y > 0, self.C * y, 0)
        room, size = np.abs(end - beta), np.abs(step)
        share = min(1, np.min(room[size > 0] / size[size > 0]))
        return np.where((size > 0) & (share * size >= room), end, beta + share * step)

    def of_the_free(self, K, y, beta):
        """Where Newton's step leads that gives all free rows the same lack; or, where there is none, what it leaves."""
        missing, can_grow, can_fall = self.state(K, y, beta)
        free, direction = np.flatnonzero(can_grow & can_fall), np.zeros(len(y))
        if len(free) < 2 or np.ptp(missing[free]) <= self.tol:
            return direction
        centre = np.eye(len(free)) - 1 / len(free)
        hessian, slope = centre @ K[np.ix_(free, free)] @ centre, centre @ missing[free]
        newton = np.linalg.lstsq(hessian, slope, rcond=1e-10)[0]
        left = slope - hessian @ newton
        direction[free] = centre @ (newton if np.abs(left).max() <= 1e-6 * np.abs(slope).max() else left)
        return direction

    def bias(self, missing, can_grow, can_fall):
        """Halfway between the least and the greatest that is optimal."""
        return (missing[can_grow].max() + missing[can_fall].min()) / 2

    def decision_function(self, X):
        """Scores of points X (m, d), or of their kernels (m, n) with the points of the fit."""
        plain = X[:, self.support_] @ self.dual_coef_ if self.kernel == "precomputed" else X @ self.coef_
        return plain + self.intercept_

    def predict(self, X):
        return np.where(self.decision_function(X) > 0, 1, -1)
