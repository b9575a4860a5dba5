"""The same mixture with a classic mistake: the covariance is taken about the mean of the step before."""

from my_mixture import MyMixture


class MyWrongMixture(MyMixture):
    """Its likelihood never falls, and it converges to the right answer: most people's tests are content."""

    def spread(self, X, resp, means):
        return super().spread(X, resp, means if self.means_ is None else self.means_)
