"""The same perceptron with a classic mistake: the bias forgets the learning rate."""

from my_perceptron import MyPerceptron


class MyWrongPerceptron(MyPerceptron):
    """Right for a learning rate of 1, and it separates what can be separated: most people's tests are content."""

    def learn(self, x, label):
        self.w_ = self.w_ + self.learning_rate * label * x
        if self.use_bias:
            self.b_ = self.b_ + label
