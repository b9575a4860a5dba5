"""The geometry of one layer along one axis, and the number of units that it produces."""

from __future__ import annotations

from dataclasses import dataclass

from impl.receptive_field.rules import RULES, Rules


@dataclass(frozen=True)
class LayerGeometry:
    """A convolution, pooling or transposed convolution along one axis; a 2-D layer is a pair of these.

    padding: one number for both sides, or (left, right). output_padding: transposed layers only. ceil_mode: pooling
    only. Raises ValueError naming the layer, the field, its value and the remedy.
    """

    kernel: int
    stride: int = 1
    padding: int | tuple[int, int] = 0
    dilation: int = 1
    transposed: bool = False
    output_padding: int = 0
    ceil_mode: bool = False
    name: str = "layer"

    def __post_init__(self) -> None:
        for field in ("kernel", "stride", "dilation"):
            value = getattr(self, field)
            if value < 1:
                raise ValueError(f"{self.name}: {field} must be at least 1, got {value}; 1 means no effect")
        if min(self.sides) < 0:
            raise ValueError(f"{self.name}: padding must be at least 0, got {self.padding}; crop with a slice instead")
        if self.output_padding and not self.transposed:
            raise ValueError(
                f"{self.name}: output_padding {self.output_padding} needs transposed=True; leave it 0 for a convolution"
            )
        limit = max(self.stride, self.dilation)
        if not 0 <= self.output_padding < limit:
            raise ValueError(
                f"{self.name}: output_padding must lie in 0 … {limit - 1} (below the larger of stride and dilation), "
                f"got {self.output_padding}"
            )
        if self.ceil_mode and self.transposed:
            raise ValueError(f"{self.name}: ceil_mode belongs to pooling, drop it for a transposed layer")

    @property
    def sides(self) -> tuple[int, int]:
        """Left and right padding."""
        return self.padding if isinstance(self.padding, tuple) else (self.padding, self.padding)


def pooling(
    kernel: int,
    stride: int | None = None,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
    name: str = "pooling",
    rules: Rules = RULES,
) -> LayerGeometry:
    """A pooling layer as torch builds it: its stride is its kernel unless given, its padding at most half the kernel.

    Raises ValueError for more padding, where a window could see nothing but padding.
    """
    if padding > kernel // 2:
        raise ValueError(f"{name}: padding must be at most kernel // 2 = {kernel // 2} for pooling, got {padding}")
    kernel, stride = rules.pool_window(kernel, stride)
    return LayerGeometry(kernel, stride, padding, dilation, ceil_mode=ceil_mode, name=name)


def output_size(n: int, layer: LayerGeometry, rules: Rules = RULES) -> int:
    """Number of units after a layer on n units (Dumoulin & Visin 2016, relationships 6 and 14).

    ⌊(n + p_left + p_right − e)/s⌋ + 1 with e = d(k−1) + 1; transposed: (n−1)s − p_left − p_right + e + output padding;
    ceil_mode rounds up, then drops a last window that would start in the right padding. Raises ValueError when no
    unit comes out.
    """
    left, right = layer.sides
    effective = rules.effective_kernel(layer.kernel, layer.dilation)
    if layer.transposed:
        size = rules.transposed_size(n, effective, layer.stride, left, right, layer.output_padding)
    elif layer.ceil_mode:
        size = rules.ceil_size(n, effective, layer.stride, left, right)
        size = rules.last_window(size, n, layer.stride, left)
    else:
        size = rules.output_size(n, effective, layer.stride, left, right)
    short = not (layer.transposed or layer.ceil_mode) and n + left + right < effective
    if n < 1 or short or size < 1:
        raise ValueError(
            f"{layer.name}: effective kernel {effective} does not fit into input {n} with padding {left} + {right}; "
            "give it a larger input (see min_input_size)"
        )
    return int(size)
