"""What a perceptron subject is asked, and what its answers mean.

Every array has the lane first. x (lane, n, d): n points; y (lane, n): labels −1 and 1; w (lane, d), bias (lane,). A
unit fires where w·x + bias > 0: at 0 it does not. Answers that are yes or no are booleans. On whole numbers that a
float holds exactly, unit, learning and separation compute exactly, in either dtype. Setting `intercept`: 1 where
there is a bias, 0 where there is none; its answer is then 0. Nothing is ever NaN or infinite unless it is said.

Boolean functions: table (lane, 2^k) of 0 and 1; row r stands for the inputs x_1 … x_k that are the binary digits of
r, the first input being the highest. Setting `inputs` says how a digit is fed in: "01" as it is, "signs" as −1 and 1.

Layers: batch b, outputs o. Losses are in nats.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from theory.core.domain import Array, Setting

Arrays = dict[str, NDArray[Any]]

INPUTS = ("01", "signs")
"""Values of the setting `inputs`."""

LAYERS = ("linear", "conv1d", "conv2d")
"""Values of the setting `layer`."""

OUTPUTS = ("sigmoid", "softmax")
"""Values of the setting `output`."""


class UnitPort(Protocol):
    """One threshold unit."""

    def threshold_unit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, w, threshold (lane,) → bias (lane,) = −threshold, and what fires.

        dot (lane, n): w·x as computed; by_threshold (lane, n): dot > threshold; by_bias (lane, n): dot + bias > 0.
        """
        ...

    def augment(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, w, bias → x (lane, n, d+1), w (lane, d+1): the constant 1 and the bias appended as last coordinate.

        activation (lane, n): w·x + bias, as one dot product of the two.
        """
        ...

    def hyperplane(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From w ≠ 0, bias.

        → distance (lane,) of the hyperplane from the origin; nearest (lane, d): its point nearest there.
        """
        ...


class LearningPort(Protocol):
    """Learning from mistakes."""

    def perceptron_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y, w, bias: the start; settings: intercept, rate > 0, epochs.

        → w, bias at the end, and all that happened. Rows are visited in order, `epochs` times; a row with y (w·x +
        bias) ≤ 0 is a mistake, and w grows by rate·y·x, bias by rate·y. mistake (lane, epochs, n): whether the visit
        was one; path_w (lane, epochs, n, d), path_bias (lane, epochs, n): after each visit. mistakes (lane,): how
        many in all; converged (lane,): whether the last epoch had none.
        """
        ...

    def pocket_fit(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """As `perceptron_fit`; w, bias are those of fewest errors among the start and all visits.

        The first of equals. errors (lane,): how many rows of the data have y (w·x + bias) ≤ 0 there. path_w,
        path_bias, as the perceptron's.
        """
        ...


class SeparationPort(Protocol):
    """What a plane can separate, with certificates. x are whole numbers."""

    def separability(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, y; settings: intercept → separable (lane,), and its proof.

        Where separable: w, bias (lane,), whole numbers, y (w·x + bias) > 0 on every row; certificate is 0. Where not:
        certificate (lane, n): whole numbers ≥ 0, not all 0, with Σ certificate·y·(x, 1) = 0 (without the 1 when there
        is no intercept); w, bias are 0 (Gordan 1873). Whole numbers may be answered as integers.
        """
        ...

    def boolean_threshold(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From table; settings: inputs, intercept.

        → threshold (lane,): whether one unit computes the table, and its proof. Where it does: w (lane, k), bias:
        whole numbers, w·x + bias > 0 exactly on the rows that are 1. Where not: certificate (lane, 2^k): whole
        numbers ≥ 0, some row of 1 positive, with Σ certificate·y·(x, 1) = 0, y = 2 table − 1.
        """
        ...

    def boolean_network(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From table.

        → two layers of threshold units that compute it, on inputs 0 and 1: hidden_w (lane, h, k), hidden_bias (lane,
        h), output_w (lane, h), output_bias (lane,). hidden (lane, 2^k, h), output (lane, 2^k): what fires, on every
        row.
        """
        ...

    def census(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From settings: variables (1…4), inputs, intercept.

        → count (lane,): how many of the 2^(2^variables) tables one unit computes. arrays: lanes (lane,), whose
        content means nothing.
        """
        ...

    def dichotomies(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x: at most 12 points; settings: intercept.

        → count (lane,): how many of the 2^n labellings of these points are separable. general (lane,): 2 Σ_{i<d}
        C(n−1, i), with d + 1 for d when there is an intercept: the number in general position (Cover 1965).
        """
        ...


class LayerPort(Protocol):
    """Biases in layers of networks."""

    def layer(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x, weight, bias (lane, o), gradient: of the loss by the output; settings: layer.

        → output; bias_gradient (lane, o). linear: x (lane, b, d), weight (lane, o, d), output (lane, b, o). conv1d: x
        (lane, b, c, length), weight (lane, o, c, k). conv2d: x (lane, b, c, height, width), weight (lane, o, c, k,
        k). Cross-correlation, stride 1, no padding.
        """
        ...

    def relu_network(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x (lane, n, d), hidden_w (lane, h, d), hidden_bias (lane, h), output_w (lane, h), output_bias (lane,).

        → output (lane, n). Σ_h output_w·relu(hidden_w·x + hidden_bias) + output_bias; settings: intercept: with 0 no
        bias is added anywhere. active (lane, n, h): where a hidden unit is positive.
        """
        ...

    def kinks(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From w ≠ 0 (lane, h), bias (lane, h): hidden units of one input.

        → kinks (lane, h), ascending: where their slope changes.
        """
        ...

    def normalised(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From x (lane, b, d), weight (lane, o, d), bias (lane, o), scale, shift (lane, o), gradient (lane, b, o).

        Settings: epsilon, training → output (lane, b, o): batch norm of the linear layer, scale·(h − m)∕√(v + epsilon)
        + shift; bias_gradient (lane, o). training 1: m, v (biased) of this batch, b ≥ 2; 0: arrays running_mean,
        running_var (lane, o) ≥ 0, and folded_weight (lane, o, d), folded_bias (lane, o): the one linear layer that
        computes the same.
        """
        ...

    def initial_output(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """From counts (lane, c): how often each class occurs, whole numbers ≥ 1; shift; settings: output.

        → bias, loss, gradient. softmax: bias (lane, c) = log of the frequencies; sigmoid: c = 2 (negatives,
        positives), bias (lane, 1) = logit of the second's. loss (lane,): mean cross-entropy of this constant output
        on these labels; gradient: of it by the bias; shifted_loss (lane,): at bias + shift.
        """
        ...


class Port(UnitPort, LearningPort, SeparationPort, LayerPort, Protocol):
    """The operations of `perceptron`. A subject may offer only some of them, and only some of their answers."""
