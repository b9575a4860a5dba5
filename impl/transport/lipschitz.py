"""Lipschitz constants: spectral norms of layers, certified from above, and their product over a network."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce

import torch
from torch import Tensor, nn

from impl.transport.critic import Perceptron, Softplus


def clip_weights(W: Tensor, c: float) -> Tensor:
    """Every entry moved into [−c, c]. Raises ValueError unless 0 < c < ∞."""
    check_clip(c)
    return W.clamp(-c, c)


def check_clip(c: float) -> None:
    """Raise ValueError unless 0 < c < ∞."""
    if not 0 < c < math.inf:
        raise ValueError(f"c must be positive and finite, got {c!r}")


@torch.no_grad()
def clip_weights_(module: nn.Module, c: float) -> None:
    """Clip every parameter of a module in place (Arjovsky et al. 2017, Algorithm 1, line 7)."""
    check_clip(c)
    for parameter in module.parameters():
        parameter.clamp_(-c, c)


def clip_norm_bound(W: Tensor, c: float) -> Tensor:
    """C √(o i), the largest Frobenius norm of a W (..., o, i) with entries in [−c, c], so at least its σ_max: (...)."""
    o, i = W.shape[-2:]
    return W.new_full(W.shape[:-2], c * math.sqrt(o * i))


def singular_norm(W: Tensor) -> Tensor:
    """σ_max of W (..., o, i) by singular values, up to rounding: (...)."""
    sigma: Tensor = torch.linalg.svdvals(W)[..., 0]
    return sigma


def power_norm(W: Tensor, iterations: int, generator: torch.Generator) -> Tensor:
    """‖W v‖ after `iterations` ≥ 1 steps v ← Wᵀu/‖·‖, u ← Wv/‖·‖ from a random u: never above σ_max, never falling.

    W (..., o, i) → (...). Every lane starts from the same u. Source: Miyato et al. 2018, Algorithm 1.
    """
    scaled, scale = _scaled(W)
    draw = torch.randn(W.shape[-2], generator=generator, dtype=torch.float64, device=generator.device)
    u = unit(draw.to(device=W.device, dtype=W.dtype).expand(W.shape[:-1]))
    for _ in range(iterations):
        u, _, sigma = power_step(scaled, u)
    return sigma * scale


def power_step(W: Tensor, u: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One step: u (..., o) → the next u, its v (..., i), and ‖W v‖ (...)."""
    v = unit((u[..., None, :] @ W)[..., 0, :])
    image = (W @ v[..., None])[..., 0]
    return unit(image), v, torch.linalg.vector_norm(image, dim=-1)


def unit(v: Tensor) -> Tensor:
    """V ÷ ‖v‖ along the last axis, and 0 where v is 0."""
    norm = torch.linalg.vector_norm(v, dim=-1, keepdim=True)
    return v / torch.where(norm == 0, 1.0, norm)


def _scaled(W: Tensor) -> tuple[Tensor, Tensor]:
    """W (..., o, i) over a power of two near its largest entry, and that power (...), both without rounding.

    Squares of the scaled entries neither vanish nor overflow.
    """
    exponent = torch.frexp(W.abs().amax((-2, -1))).exponent
    return torch.ldexp(W, -exponent[..., None, None]), torch.ldexp(torch.ones_like(W[..., 0, 0]), exponent)


def certified_norm(W: Tensor) -> Tensor:
    """An upper bound of σ_max of W (..., o, i), not up to rounding: (...), a few roundings above it.

    For whatever U, s, V: ‖W‖ ≤ ‖U‖ s_1 ‖V‖ + ‖W − U diag(s) Vᵀ‖, and ‖U‖² ≤ 1 + ‖UᵀU − I‖. The two defects are computed
    in Frobenius norm and enlarged by what their own products can have lost, γ_{r+2} Σ s and γ_o r (Higham 2002,
    section 3.5), the whole by 8 roundings.
    """
    scaled, scale = _scaled(W)
    u = torch.finfo(W.dtype).eps / 2
    U, s, Vh = torch.linalg.svd(scaled, full_matrices=False)
    rest = scaled - (U * s[..., None, :]) @ Vh
    residual = 2 * _frobenius(rest) + (s.shape[-1] + 3) * u * s.sum(-1)
    stretch = (1 + _defect(U.mT @ U, U.shape[-2], u)) * (1 + _defect(Vh @ Vh.mT, Vh.shape[-1], u))
    bound: Tensor = (s[..., 0] * stretch.sqrt() + residual) * (1 + 8 * u) * scale
    return bound


def _defect(gram: Tensor, length: int, u: float) -> Tensor:
    """‖G − I‖ in Frobenius norm, enlarged by what the products of that length that made G can have lost."""
    r = gram.shape[-1]
    return 2 * _frobenius(gram - torch.eye(r, dtype=gram.dtype, device=gram.device)) + (length + 1) * u * r


def _frobenius(W: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(W, dim=(-2, -1))
    return norm


def conv_norm_bound(kernel: Tensor, norm: Callable[[Tensor], Tensor] = certified_norm) -> Tensor:
    """√(kh kw) times the least norm of four reshaped kernels: kernel (..., o, i, kh, kw) → (...).

    It bounds the operator norm of the convolution for every image size, stride and dilation, with zero padding or on a
    torus: each pixel is in at most kh kw patches, and o × (i kh kw) multiplies patches. The adjoint gives
    i × (o kh kw); grouping the taps by rows or columns gives (o kh) × (i kw) and (o kw) × (i kh). Source: Singla &
    Feizi 2021; the norm of the reshaped kernel alone is no bound (Sedghi et al. 2019).
    """
    o, i, kh, kw = kernel.shape[-4:]
    lead = range(kernel.dim() - 4)
    orders = (((0, 1, 2, 3), o), ((1, 0, 2, 3), i), ((0, 2, 1, 3), o * kh), ((0, 3, 1, 2), o * kw))
    norms = []
    for order, rows in orders:
        moved = kernel.permute(*lead, *(kernel.dim() - 4 + axis for axis in order))
        norms.append(norm(moved.reshape(*kernel.shape[:-4], rows, -1)))
    u = torch.finfo(kernel.dtype).eps / 2
    return torch.stack(norms).amin(0) * (math.sqrt(kh * kw) * (1 + 4 * u))


def product_bound(net: Perceptron) -> Tensor:
    """Π ‖W‖ ≥ Lip of a perceptron with 1-Lipschitz activations: (...). Biases do not enter."""
    u = torch.finfo(net.W1.dtype).eps / 2
    return math.prod((certified_norm(W) for W in net.weights), start=net.W1.new_ones(())) * (1 + 4 * u)


class SpectralNorm(nn.Module):
    """A linear or convolutional layer whose weight is divided by its norm, or an estimate of it, at every call.

    mode "exact": by singular values, as in `conv_norm_bound` for a convolution, so that the layer is 1-Lipschitz up to
    rounding; certified norms would do without the last words, but have no useful gradient. mode "power": `iterations`
    steps of power iteration a call in training, from where the last call stopped (Miyato et al. 2018); the estimate is
    low, so the layer may be a little steeper than 1. A convolution is reshaped and gets the factor √(kh kw), without
    which it is not even 1-Lipschitz at convergence.
    Raises ValueError for another layer or mode, or fewer than 1 iteration.
    """

    u: Tensor

    def __init__(
        self, layer: nn.Linear | nn.Conv2d, mode: str = "exact", *, iterations: int = 1, generator: torch.Generator
    ) -> None:
        super().__init__()
        if mode not in ("exact", "power"):
            raise ValueError(f"mode must be exact or power, got {mode!r}")
        if iterations < 1:
            raise ValueError(f"iterations must be at least 1, got {iterations}")
        check_layer(layer)
        self.layer, self.mode, self.iterations = layer, mode, iterations
        draw = torch.randn(layer.weight.shape[0], generator=generator, dtype=torch.float64)
        self.register_buffer("u", unit(draw.to(layer.weight)))

    def weight(self) -> Tensor:
        """The normalised weight; gradients flow through the estimate too. A zero weight stays zero."""
        W = self.layer.weight
        norm = self._exact(W) if self.mode == "exact" else self._power(W)
        return W / torch.where(norm == 0, 1.0, norm)

    def forward(self, x: Tensor) -> Tensor:
        """The layer with its normalised weight."""
        layer, weight = self.layer, self.weight()
        if isinstance(layer, nn.Linear):
            return nn.functional.linear(x, weight, layer.bias)
        return nn.functional.conv2d(x, weight, layer.bias, layer.stride, layer.padding, layer.dilation)

    def _exact(self, W: Tensor) -> Tensor:
        return singular_norm(W) if W.dim() == 2 else conv_norm_bound(W, singular_norm)

    def _power(self, W: Tensor) -> Tensor:
        flat, taps = W.flatten(1), math.prod(W.shape[2:])
        with torch.no_grad():
            u = self.u
            for _ in range(self.iterations):
                u, v, _ = power_step(flat, u)
            if self.training:
                self.u.copy_(u)
        return torch.dot(u, flat @ v) * math.sqrt(taps)


def check_layer(layer: nn.Module) -> None:
    """Refuse a layer without a bound here: neither linear, nor a convolution in one group, padded with zeros.

    Raises ValueError naming the layer.
    """
    known = isinstance(layer, nn.Linear) or (
        isinstance(layer, nn.Conv2d) and layer.groups == 1 and layer.padding_mode == "zeros"
    )
    if not known:
        raise ValueError(f"expected nn.Linear, or nn.Conv2d with one group and zero padding, got {layer}")


@torch.no_grad()
def lipschitz_upper_bound(net: nn.Module) -> Tensor:
    """Product of certified norms over the layers of a chain, ≥ its Lipschitz constant: a scalar.

    net: layers one after another (`MLPCritic`, `ConvCritic`, nn.Sequential) among nn.Linear, nn.Conv2d, `SpectralNorm`,
    ReLU, LeakyReLU, Tanh, Softplus, Flatten, Identity. Raises ValueError at any other layer, whose constant is unknown.
    """
    factors = [factor for factor in map(_factor, _chain(net)) if factor is not None]
    if not factors:
        raise ValueError(f"no layer with weights in {type(net).__name__}: its Lipschitz constant is 1")
    u = torch.finfo(factors[0].dtype).eps / 2
    return reduce(torch.mul, factors) * (1 + 2 * len(factors) * u)


def _chain(net: nn.Module) -> list[nn.Module]:
    """The layers in their order, containers opened; what is not known to be a chain is kept whole."""
    inner = net if isinstance(net, nn.Sequential) else getattr(net, "layers", None)
    return [leaf for part in inner for leaf in _chain(part)] if isinstance(inner, nn.Sequential) else [net]


def _factor(layer: nn.Module) -> Tensor | None:
    """Certified norm of one layer; None for those that are 1-Lipschitz."""
    if isinstance(layer, SpectralNorm):
        return _weight_norm(layer.weight())
    if isinstance(layer, (nn.Linear, nn.Conv2d)):
        check_layer(layer)
        return _weight_norm(layer.weight)
    steep = isinstance(layer, nn.LeakyReLU) and abs(layer.negative_slope) > 1
    if steep or not isinstance(layer, (nn.ReLU, nn.LeakyReLU, nn.Tanh, nn.Softplus, Softplus, nn.Flatten, nn.Identity)):
        raise ValueError(f"the Lipschitz constant of {layer} is unknown")
    return None


def _weight_norm(W: Tensor) -> Tensor:
    return certified_norm(W) if W.dim() == 2 else conv_norm_bound(W)
