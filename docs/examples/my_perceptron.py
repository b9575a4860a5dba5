"""A reader's own perceptron, written from the textbook: nothing in it knows about Tollens."""

import numpy as np


class MyPerceptron:
    """Rosenblatt's perceptron for labels −1 and +1; X (n, d)."""

    def __init__(self, n_epochs=10, learning_rate=1.0, use_bias=True):
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.use_bias = use_bias

    def fit(self, X, y):
        self.w_, self.b_ = np.zeros(X.shape[1]), 0.0
        for _ in range(self.n_epochs):
            mistakes = 0
            for x, label in zip(X, y):
                if label * (self.w_ @ x + self.b_) <= 0:  # a row on the plane itself is a mistake, too
                    self.learn(x, label)
                    mistakes += 1
            if mistakes == 0:
                break
        return self

    def learn(self, x, label):
        """Turn the plane towards a row on which it was wrong."""
        self.w_ = self.w_ + self.learning_rate * label * x
        if self.use_bias:
            self.b_ = self.b_ + self.learning_rate * label

    def predict(self, X):
        return np.where(X @ self.w_ + self.b_ > 0, 1, -1)
