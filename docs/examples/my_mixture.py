"""A reader's own Gaussian mixture: nothing in it knows about Tollens."""

import numpy as np


class MyMixture:
    """EM for a mixture of Gaussians with full covariances; X (n, d)."""

    def __init__(self, n_components, max_iter=100, weights_init=None, means_init=None, covariances_init=None):
        self.n_components = n_components
        self.max_iter = max_iter
        self.weights_, self.means_, self.covariances_ = weights_init, means_init, covariances_init

    def fit(self, X):
        for _ in range(self.max_iter):
            self.weights_, self.means_, self.covariances_ = self.m_step(X, self.predict_proba(X))
        return self

    def predict_proba(self, X):
        joint = self.log_joint(X)
        likelihood = np.exp(joint - joint.max(axis=1, keepdims=True))
        return likelihood / likelihood.sum(axis=1, keepdims=True)

    def score_samples(self, X):
        return np.logaddexp.reduce(self.log_joint(X), axis=1)

    def log_joint(self, X):
        """Log π_k + log N(x_n; μ_k, Σ_k), by Cholesky factors."""
        columns = []
        for weight, mean, covariance in zip(self.weights_, self.means_, self.covariances_):
            L = np.linalg.cholesky(covariance)
            z = np.linalg.solve(L, (X - mean).T)
            log_det = 2 * np.log(np.diag(L)).sum()
            with np.errstate(divide="ignore"):
                columns.append(np.log(weight) - (len(mean) * np.log(2 * np.pi) + log_det + (z**2).sum(axis=0)) / 2)
        return np.stack(columns, axis=1)

    def m_step(self, X, resp):
        size = resp.sum(axis=0)
        means = (resp.T @ X) / size[:, None]
        return size / size.sum(), means, self.spread(X, resp, means) / size[:, None, None]

    def spread(self, X, resp, means):
        """Σ_n r_nk (x_n − μ_k)(x_n − μ_k)ᵀ: (k, d, d)."""
        away = X - means[:, None]  # (k, n, d)
        return np.einsum("nk,kni,knj->kij", resp, away, away)
