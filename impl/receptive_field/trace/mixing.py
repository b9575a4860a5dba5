"""Rules for what mixes many positions at once: reductions, linear layers, products of matrices and attention."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from impl.receptive_field.trace.call import Call, Rule, Seen
from impl.receptive_field.trace.sight import Sight, collapsed, spread


def reduction(call: Call) -> Seen:
    """mean, sum, max, var … over some dimensions: their positions are summed out."""
    sight: Sight = call.sight()
    dim = call.value(1, "dim", call.kwargs.get("axis"))
    result = call.result[0] if isinstance(call.result, tuple) else call.result
    if isinstance(dim, (Tensor, bool)):
        raise call.unsupported("this form has no rule; give dim by name")
    rank = len(sight.dims)
    dims = range(rank) if dim is None else dim if isinstance(dim, (list, tuple)) else (dim,)
    gone = {int(d) % rank for d in dims}
    seen = collapsed(sight, frozenset(axis for d in gone for axis in sight.dims[d]))
    if len(result.shape) != rank:
        seen = _without(seen, gone)
    return [seen] * len(call.result) if isinstance(call.result, tuple) else seen


def _without(sight: Sight, gone: set[int]) -> Sight:
    return replace(sight, dims=tuple(dim for d, dim in enumerate(sight.dims) if d not in gone))


def linear(call: Call) -> Seen:
    """A linear map over the last dimension: channels only, or global along the axes that it carries."""
    sight: Sight = call.sight()
    return collapsed(sight, frozenset(sight.dims[-1]))


def product(call: Call) -> Seen:
    """matmul: entry (i, j) sees row i of the first and column j of the second, all of the summed dimension."""
    a, b = call.sight(0, "input"), call.sight(1, "other")
    left = None if a is None else collapsed(a, frozenset(a.dims[-1]))
    right = None if b is None else collapsed(b, frozenset(b.dims[-2 if len(b.dims) > 1 else -1]))
    if any(len(s.dims) == 1 for s in (left, right) if s is not None):
        raise call.unsupported("products with vectors have no rule; give both operands two dimensions")
    if left is None or right is None:
        return left or right
    return call.merged([left, right], sum_torn=True)


def attention(call: Call) -> Seen:
    """nn.MultiheadAttention: every query sees all keys and values."""
    query, key, value = call.sight(0, "query"), call.sight(1, "key"), call.sight(2, "value")
    seen = call.merged([spread(s, s.carried) for s in (query, key, value) if s is not None], sum_torn=True)
    return [seen, seen]


def dot_product_attention(call: Call) -> Seen:
    """F.scaled_dot_product_attention, masks ignored: what a mask hides is still called global."""
    sights = [call.sight(i, name) for i, name in enumerate(("query", "key", "value"))]
    return call.merged([spread(s, s.carried) for s in sights if s is not None], sum_torn=True)


def encoder_layer(call: Call) -> Seen:
    """nn.TransformerEncoderLayer: self-attention over all positions."""
    sight: Any = call.sight(0, "src")
    return spread(sight, sight.carried)


MODULES: dict[type[nn.Module], Rule] = {
    nn.Linear: linear,
    nn.MultiheadAttention: attention,
    nn.TransformerEncoderLayer: encoder_layer,
    nn.TransformerEncoder: encoder_layer,
}

FUNCTIONS: dict[str, Rule] = {
    **dict.fromkeys(
        ("mean", "sum", "amax", "amin", "max", "min", "var", "std", "norm", "prod", "logsumexp", "any", "all"),
        reduction,
    ),
    "linear": linear,
    **dict.fromkeys(("matmul", "bmm", "mm"), product),
    "scaled_dot_product_attention": dot_product_attention,
}
