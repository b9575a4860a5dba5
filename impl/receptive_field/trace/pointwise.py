"""Rules for what acts on every position alone: activations, dropout, arithmetic, and norms that only look so."""

from __future__ import annotations

from typing import Any

from torch import nn

from impl.receptive_field.trace.call import Call, Rule, Seen
from impl.receptive_field.trace.sight import Scope, Sight, spread


def pointwise(call: Call) -> Seen:
    """Entry by entry, with broadcasting: the union of what the operands see."""
    sights = call.sights()
    return call.merged(sights) if len(sights) > 1 else sights[0]


def softmax(call: Call) -> Seen:
    """Softmax and its kin mix the dimension that they normalise."""
    dim = call.module.dim if call.module is not None else call.value(1, "dim")
    if dim is None:
        raise call.unsupported("dim is not given; say which dimension it normalises")
    sight: Sight = call.sight()
    return spread(sight, frozenset(sight.dims[int(dim)]))  # type: ignore[arg-type]


def gated(call: Call) -> Seen:
    """GLU: one half of the channels gates the other."""
    dim = call.module.dim if call.module is not None else call.value(1, "dim", -1)
    sight: Sight = call.sight()
    if sight.dims[int(dim)]:  # type: ignore[arg-type]
        raise call.unsupported("it splits a dimension that carries places; split channels instead")
    return sight


def batch_norm(call: Call) -> Seen:
    """Pointwise with running statistics; in training mode every entry sees the whole batch."""
    m: Any = call.module
    return _normalised(call, m.training or m.running_mean is None)


def batch_norm_function(call: Call) -> Seen:
    """F.batch_norm: `training` stands at place 5."""
    return _normalised(call, bool(call.value(5, "training", False)))


def _normalised(call: Call, by_batch: bool) -> Seen:
    sight: Sight = call.sight()
    scope: Scope = call.rules.batch_norm_scope(by_batch)
    return sight if scope == "local" else spread(sight, sight.carried, scope)


def instance_norm(call: Call) -> Seen:
    """Each sample and channel by its own statistics over space, unless running ones are used."""
    m: Any = call.module
    sight: Sight = call.sight()
    running = m.track_running_stats and not m.training
    return sight if running else spread(sight, sight.carried)


def spatial_norm(call: Call) -> Seen:
    """Group norm and functional instance norm: statistics over space."""
    sight: Sight = call.sight()
    return spread(sight, sight.carried)


def layer_norm(call: Call) -> Seen:
    """Statistics over the last dimensions: over space only where these carry positions."""
    shape = call.module.normalized_shape if call.module is not None else call.value(1, "normalized_shape")
    sight: Sight = call.sight()
    count = len(shape) if isinstance(shape, (list, tuple)) else 1
    return spread(sight, frozenset(axis for dim in sight.dims[-count:] for axis in dim))


ELEMENTWISE_MODULES = (
    nn.Identity, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU,
    nn.Mish, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softsign, nn.Softshrink, nn.Hardshrink, nn.Tanhshrink,
    nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish, nn.LogSigmoid, nn.Threshold, nn.Dropout, nn.Dropout1d,
    nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout, nn.LocalResponseNorm, nn.CrossMapLRN2d,
    nn.ChannelShuffle, nn.Softmax2d,
)  # fmt: skip

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def keeps_shape(module: nn.Module, x: Any) -> bool:
    """Whether a module certainly returns a tensor just like x, so that it need not be run to know the shape."""
    if isinstance(module, BATCH_NORMS):
        return not module.training and x.dim() > 1 and x.shape[1] == module.num_features
    return type(module) in ELEMENTWISE_MODULES


ELEMENTWISE_NAMES = (
    "relu relu_ relu6 leaky_relu leaky_relu_ prelu rrelu elu elu_ selu celu gelu silu mish sigmoid tanh softplus "
    "softsign softshrink hardshrink tanhshrink hardtanh hardtanh_ hardsigmoid hardswish logsigmoid threshold "
    "dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout local_response_norm channel_shuffle "
    "add add_ iadd sub sub_ isub rsub mul mul_ imul div div_ truediv itruediv true_divide floordiv mod pow neg pos "
    "abs abs_ sqrt rsqrt exp exp_ expm1 log log1p log2 sin cos tan erf square sign reciprocal clamp clamp_ clip "
    "clamp_min clamp_max minimum maximum where lerp addcmul addcdiv round floor ceil frac eq ne lt le gt ge "
    "logical_and logical_or logical_not and_ or_ invert masked_fill atan atan2 "
    "contiguous clone detach to float double half type requires_grad_ type_as nan_to_num copysign sinh cosh"
)
ELEMENTWISE = tuple(ELEMENTWISE_NAMES.split(" "))

MODULES: dict[type[nn.Module], Rule] = {
    **dict.fromkeys(ELEMENTWISE_MODULES, pointwise),
    **dict.fromkeys((nn.Softmax, nn.LogSoftmax, nn.Softmin), softmax),
    nn.GLU: gated,
    **dict.fromkeys(BATCH_NORMS, batch_norm),
    **dict.fromkeys((nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d), instance_norm),
    nn.GroupNorm: spatial_norm,
    **dict.fromkeys((nn.LayerNorm, nn.RMSNorm), layer_norm),
}

FUNCTIONS: dict[str, Rule] = {
    **dict.fromkeys(ELEMENTWISE, pointwise),
    **dict.fromkeys(("softmax", "log_softmax", "softmin"), softmax),
    "glu": gated,
    "batch_norm": batch_norm_function,
    **dict.fromkeys(("group_norm", "instance_norm"), spatial_norm),
    **dict.fromkeys(("layer_norm", "rms_norm"), layer_norm),
}
