"""The same machine with a classic mistake: the bias is the mean over all support vectors, those at C among them."""

from my_svm import MySVM


class MyWrongSVM(MySVM):
    """Right where no multiplier is at C, as on separable data with a large C; its weights are right everywhere."""

    def bias(self, missing, can_grow, can_fall):
        return missing[self.support_].mean()
