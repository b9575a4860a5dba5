"""What a receptive-field subject is asked, and what its answers mean.

Every array has the lane first and holds whole numbers. L layers, numbered from the input; map 0 is the input
and map l the output of layer l; positions are counted from 0 on the unpadded map, so a position below 0 lies
in the padding. Layer l has kernel k, stride s, dilation d and padding (before, after); its window spans
d(k−1)+1 positions. A box is (first, last), both inclusive, never clipped to the input unless it is said. A
support is a Boolean mask over pixels, False beyond the n of its lane. Measured supports come from the
framework's own layers: non-zero gradient of one unit with positive weights, max pooling replaced by average
pooling, computed so that nothing underflows whatever `dtype` asks for. No answer is ever NaN or infinite.

`geometry`, `compose` and `output_sizes` are pure integer arithmetic over all lanes at once. The other
operations build and run layers, lane by lane where the framework cannot mix geometries, and are asked with
few lanes.
"""

from __future__ import annotations

from typing import Any, Protocol

from numpy.typing import NDArray

from theory.core.domain import Array, Setting

Arrays = dict[str, NDArray[Any]]

SIZED = ("convolution", "transposed", "pool", "pool-ceil")
"""What the codes in `kind` (lane, L) of `output_sizes` mean: the last two are max pooling."""

LAYERS = (
    "convolution",
    "transposed",
    "average-pool",
    "max-pool",
    "adaptive-pool",
    "nearest",
    "linear",
    "reflect",
    "replicate",
    "circular",
)
"""What the codes in `kind` (lane,) of `layer` mean. The last three are convolutions with that padding."""

OPERATIONS = ("convolution", "average-pool")
"""What the codes in `kind` (lane, G, B) of `trace` mean."""

MIXERS = (
    "identity",
    "batch-norm-eval",
    "batch-norm-train",
    "instance-norm",
    "group-norm",
    "layer-norm",
    "global-average-pool",
    "flatten-linear",
    "attention",
    "squeeze-excitation",
)
"""What the codes in `mixer` (lane,) of `scopes` mean."""

SCOPES = ("local", "sample", "batch")
"""What the codes in `scope` (lane,) mean: a box of pixels, the whole sample, the whole batch."""


class ReceptiveFieldPort(Protocol):
    """The operations of the system; a subject may offer only some of them."""

    def geometry(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """A stack: kernel, stride, dilation (lane, L), padding (lane, L, 2), n, unit, 0 ≤ cut ≤ L (lane,).

        effective_kernel (lane, L): d(k−1)+1. size, jump, left, right (lane, L+1): receptive field size r of
        map l, distance of neighbouring units' fields, and the padding before and after accumulated down to
        the input (P = Σ p_l Π_{i<l} s_i); 1, 1, 0, 0 at map 0. center2 (lane, L+1): twice the centre of unit
        0's field. region (lane, 2): box of `unit` of map L on the input. top_down (lane, L+1): how many
        positions of map l one unit of map L sees, walking down from 1 at map L. closed_form (lane,): 1 + Σ
        (k_e−1) Π s. composed (lane, 3): (r, jump, left) of layers 1…cut composed with that of layers cut+1…L.
        outputs (lane, L+1): length of each map for an input of n, 0 from the first map on whose window does
        not fit. min_input (lane,): least n ≥ 1 for which no map is empty.
        """
        ...

    def compose(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """first, second (lane, 3): (r, jump, left) of two stacks → composed (lane, 3), second on top."""
        ...

    def output_sizes(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Layers of any kind: kind, kernel, stride, dilation, padding, output_padding (lane, L); n (lane,).

        kind: see SIZED. Padding is the same on both sides; output_padding counts for "transposed" only.

        outputs (lane, L+1): map lengths by formula. measured (lane, L+1): what the framework's own layers
        return. Both 0 from the first map on that would be empty.
        """
        ...

    def support(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Pixels that one unit of a zero-padded stack sees: arrays as in `geometry` without cut.

        Settings: width ≥ n.

        support (lane, width): the unit's index set walked down and clipped to the map at every layer.
        gradient (lane, width): pixels with a non-zero derivative, positive weights. nan (lane, width): pixels
        whose replacement by NaN makes the unit NaN. region (lane, 2): box of the unit.
        """
        ...

    def support_2d(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """The same over (height, width). Settings: height, width ≥ n.

        kernel, stride, dilation (lane, L, 2), padding (lane, L, 2, 2) as (axis, side), n, unit (lane, 2).
        support, gradient (lane, height, width). region (lane, 2, 2): a box for each axis.
        """
        ...

    def path_counts(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Unpadded stack with all-ones weights and one output unit: kernel, stride, dilation (lane, L).

        Settings: width.

        counts (lane, width) int: ways from each of the r pixels to the unit, by integer polynomial products,
        0 beyond. gradient_counts (lane, width): the same by differentiating the framework's layers. mean2
        (lane,): twice the mean of the normalised counts. variance12 (lane,): twelve times their variance.
        Both by formula, both whole numbers.
        """
        ...

    def effective_field(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """`depth` unpadded layers of stride 1 with weights 1/k: kernel, depth (lane,). Settings: width.

        profile (lane, width): gradient of the one output unit in `dtype`; sums to 1, 0 beyond the r pixels.
        deviation (lane,): its standard deviation by formula, in pixels.
        """
        ...

    def random_weights(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Unpadded stack with one output unit and weights ±1: kernel, stride, dilation (lane, L).

        Settings: width.

        mean_square (lane, width): squared gradient of each pixel, averaged over all 2^(Σk) sign patterns.
        """
        ...

    def branches(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """Sum of B stacks on one input. Settings: width ≥ n.

        kernel, stride, dilation (lane, B, L), padding (lane, B, L, 2), n, unit (lane,). Outputs are cut at
        their end to the shortest before the sum.
        box (lane, 2): of the unit of the sum. sizes (lane, B): r of each branch. aligned (lane,): 1 where all
        branches have the same total stride and the same centre, else 0. gradient (lane, width): measured
        support.
        """
        ...

    def layer(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """One layer: kind, kernel, stride, dilation, padding, output_padding, factor, n, unit, span (lane,).

        Settings: width ≥ n.

        kind: see LAYERS. factor: number of bins ("adaptive-pool") or enlargement ("nearest", "linear" with
        half-pixel centres, align_corners off). stride 0: not given, the library's default. Padding is the
        same on both sides. What a kind does not use is ignored. The question is about the units unit …
        unit+span−1 together. support (lane, width): pixels they see. measured (lane, width): pixels of which
        their sum has a non-zero derivative; for "max-pool", pixels whose replacement by NaN reaches them.
        multiplicity (lane, width) int: how many (unit, tap) pairs read the pixel; for the resizing kinds and
        "adaptive-pool" taps are pixels of non-zero weight.
        """
        ...

    def trace(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """A module of G stages, each the sum of B branches of one layer, over (height, width), traced.

        kind (lane, G, B), see OPERATIONS; kernel, dilation, before (lane, G, B, 2); stride (lane, G, 2),
        shared by the branches of a stage; n, unit (lane, 2). A branch is padded by `before` zeros first and
        by d(k−1) − before zeros last, so that every branch of a stage has ⌈n/s⌉ units; average pools ignore
        dilation. Settings: height, width ≥ n.

        box (lane, 2, 2): traced box of the unit for each axis. gradient (lane, height, width): measured
        support. filled (lane,): 1 where the tracer promises that every pixel of the box inside the input is
        seen, else 0.
        """
        ...

    def scopes(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """A convolution (k = 3, p = 1, several channels) followed by a mixer: mixer, unit (lane,).

        Settings: batch, width.

        mixer: see MIXERS; "squeeze-excitation" multiplies the map by a gate computed from its global average.
        The unit is one entry of one channel of sample 0; for the mixers without a position it is the pooled
        entry, and `unit` is ignored. scope (lane,): code, see SCOPES. measured (lane, batch, width): pixels
        with a non-zero derivative in any channel, at a random input in float64.
        """
        ...

    def network(
        self, arrays: dict[str, Array], settings: dict[str, Setting], *, device: str, dtype: str, seed: int
    ) -> Arrays:
        """A published network by its setting `name`; no arrays, one lane.

        The names and the endpoints, in order, are those of `networks.py`; "patchgan-N" and "wavenet-MxB" are
        families.

        size, jump, left (1, E): receptive field size, total stride and effective padding before, on the
        height axis, at each endpoint.
        """
        ...
