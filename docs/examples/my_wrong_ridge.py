"""The same with a classic mistake: a column of ones gives the intercept, and is penalised like any other column."""

import numpy as np


class MyWrongRidge:
    """Minimise ‖y − Xβ − β₀‖² + alpha ‖β‖²; X (n, p), y (n,)."""

    def __init__(self, alpha=1.0, fit_intercept=True):
        self.alpha = alpha
        self.fit_intercept = fit_intercept

    def fit(self, X, y):
        X = np.column_stack([X, np.full(len(X), float(self.fit_intercept))])
        longer = np.concatenate([X, np.sqrt(self.alpha) * np.eye(X.shape[1])])
        target = np.concatenate([y, np.zeros(X.shape[1])])
        *self.coef_, self.intercept_ = np.linalg.lstsq(longer, target)[0]
        return self

    def predict(self, X):
        return X @ self.coef_ + self.intercept_
