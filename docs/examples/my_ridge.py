"""A reader's own ridge regression: nothing in it knows about Tollens."""

import numpy as np


class MyRidge:
    """Minimise ‖y − Xβ − β₀‖² + alpha ‖β‖² by singular values; X (n, p), y (n,)."""

    def __init__(self, alpha=1.0, fit_intercept=True):
        self.alpha = alpha
        self.fit_intercept = fit_intercept

    def fit(self, X, y):
        x_mean, y_mean = (X.mean(axis=0), y.mean()) if self.fit_intercept else (np.zeros(X.shape[1]), 0.0)
        U, d, Vt = np.linalg.svd(X - x_mean, full_matrices=False)
        kept = (d > 1e-9 * d.max()) | (self.alpha > 0)  # without a penalty: the solution of least norm
        shrunk = np.divide(d, d**2 + self.alpha, out=np.zeros_like(d), where=kept)
        self.coef_ = Vt.T @ (shrunk * (U.T @ (y - y_mean)))
        self.intercept_ = y_mean - x_mean @ self.coef_
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_
