"""Rules for what rearranges dimensions: views, permutations, slices, concatenations and splits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import nn

from impl.receptive_field.axis_map import sliced
from impl.receptive_field.trace.call import Call, Rule, Seen, flat
from impl.receptive_field.trace.sight import Dims, Sight, broadcast, collapsed, joined, local, selected


def reshape(call: Call) -> Seen:
    """view, reshape, flatten, unflatten: understood where no axis is torn apart.

    Positions that are flattened together with channels can no longer be told apart and count as summed out.
    """
    sight: Sight = call.sight()
    before, after = call.tensor().shape, call.result.shape
    thin = frozenset(axis for dim in sight.dims for axis in dim if sight.extent(axis) == 1)
    dims = tuple(tuple(axis for axis in dim if axis not in thin) for dim in sight.dims)
    placed, summed = _regrouped(call, replace(sight, dims=dims), tuple(before), tuple(after))
    return replace(collapsed(replace(sight, dims=dims), summed), dims=placed)


def _regrouped(
    call: Call, sight: Sight, before: tuple[int, ...], after: tuple[int, ...]
) -> tuple[Dims, frozenset[int]]:
    """The axes of each new dimension, and the axes lost among channels."""
    placed: list[tuple[int, ...]] = [()] * len(after)
    lost: frozenset[int] = frozenset()
    for old, new in _groups(before, after):
        axes = tuple(axis for d in old for axis in sight.dims[d])
        if not axes:
            continue
        wide = [d for d in new if after[d] > 1]
        channels = [d for d in old if before[d] > 1 and not sight.dims[d]]
        if len(wide) == 1 and not channels:
            placed[wide[0]] = axes
        elif len(wide) == 1:
            lost |= frozenset(axes)
        elif not channels and [after[d] for d in wide] == [sight.extent(axis) for axis in axes]:
            for d, axis in zip(wide, axes, strict=True):
                placed[d] = (axis,)
        else:
            raise call.unsupported(f"reshaping {before} to {after} tears an axis of the input apart")
    return tuple(placed), lost


def _groups(before: tuple[int, ...], after: tuple[int, ...]) -> list[tuple[list[int], list[int]]]:
    """The finest pairs of neighbouring dimensions, old and new, with equal products; ones are left out."""
    olds = [d for d, n in enumerate(before) if n != 1]
    news = [d for d, n in enumerate(after) if n != 1]
    groups = []
    while olds and news:
        old, new = [olds.pop(0)], [news.pop(0)]
        left, right = before[old[0]], after[new[0]]
        while left != right:
            if left < right:
                old.append(olds.pop(0))
                left *= before[old[-1]]
            else:
                new.append(news.pop(0))
                right *= after[new[-1]]
        groups.append((old, new))
    return groups


def permute(call: Call) -> Seen:
    """permute, with its dimensions as one tuple or one by one."""
    sight: Sight = call.sight()
    given = call.kwargs.get("dims", call.args[1] if len(call.args) == 2 else call.args[1:])
    order = given if isinstance(given, (list, tuple)) else (given,)
    return replace(sight, dims=tuple(sight.dims[int(d)] for d in order))


def transpose(call: Call) -> Seen:
    """transpose, swapaxes, and t for a matrix."""
    sight: Sight = call.sight()
    dims = list(sight.dims)
    a, b = call.value(1, "dim0", 0), call.value(2, "dim1", 1)
    dims[a], dims[b] = dims[b], dims[a]
    return replace(sight, dims=tuple(dims))


def squeeze(call: Call) -> Seen:
    """squeeze: dimensions of length 1 go, and with them the place of their axis."""
    sight: Sight = call.sight()
    shape = call.tensor().shape
    dim = call.value(1, "dim")
    chosen = range(len(shape)) if dim is None else dim if isinstance(dim, (list, tuple)) else (dim,)
    gone = {d % len(shape) for d in chosen if shape[d] == 1}
    return replace(sight, dims=tuple(axes for d, axes in enumerate(sight.dims) if d not in gone))


def unsqueeze(call: Call) -> Seen:
    """unsqueeze: one more dimension of length 1."""
    sight: Sight = call.sight()
    place = int(call.value(1, "dim")) % (len(sight.dims) + 1)
    return replace(sight, dims=(*sight.dims[:place], (), *sight.dims[place:]))


def expand(call: Call) -> Seen:
    """expand, expand_as, broadcast_to: copies see what the original sees."""
    sight: Sight = call.sight()
    wide = broadcast(sight, call.result.dim())
    grown = frozenset(
        axis
        for axes, n in zip(wide.dims, call.result.shape, strict=True)
        for axis in axes
        if len(axes) == 1 and wide.extent(axis) != n
    )
    return replace(wide, dims=tuple(tuple(a for a in axes if a not in grown) for axes in wide.dims))


def getitem(call: Call) -> Seen:
    """Slices, whole numbers, None and … ; items of what returned several tensors."""
    source, index = call.sight_args[0], call.args[1]
    if not isinstance(source, Sight):
        return source[index]
    entries = index if isinstance(index, tuple) else (index,)
    if any(not (e is None or e is ... or isinstance(e, (int, slice))) for e in entries):
        raise call.unsupported("indexing with tensors or lists has no rule; use slices")
    shape = call.args[0].shape
    named = sum(e is not None and e is not ... for e in entries)
    fill = [slice(None)] * (len(shape) - named)
    at = next((i for i, e in enumerate(entries) if e is ...), len(entries))
    return _indexed(call, source, tuple(shape), [*entries[:at], *fill, *entries[at + 1 :]])


def _indexed(call: Call, sight: Sight, shape: tuple[int, ...], entries: list[Any]) -> Sight:
    dims: list[tuple[int, ...]] = []
    d = 0
    for entry in entries:
        if entry is None:
            dims.append(())
            continue
        axes = sight.dims[d]
        if isinstance(entry, slice):
            start, stop, step = entry.indices(shape[d])
            sight = _cropped(call, sight, axes, shape[d], range(start, stop, step))
            dims.append(axes)
        elif axes:
            sight = _picked(sight, axes, int(entry) % shape[d])
        d += 1
    kept = sight.carried
    return replace(sight, dims=tuple(tuple(a for a in axes if a in kept) for axes in dims))


def _cropped(call: Call, sight: Sight, axes: tuple[int, ...], n: int, kept: range) -> Sight:
    if not axes or len(kept) == n:
        return sight
    if len(axes) > 1:
        raise call.unsupported("it slices several flattened axes at once")
    return local(sight, {axes[0]: sliced(n, len(kept), kept.start, kept.step)})


def _picked(sight: Sight, axes: tuple[int, ...], position: int) -> Sight:
    for axis in reversed(axes):
        position, place = divmod(position, sight.extent(axis))
        sight = selected(sight, axis, place)
    return sight


def narrow(call: Call) -> Seen:
    """narrow: one slice."""
    sight: Sight = call.sight()
    dim, start, length = call.value(1, "dim"), call.value(2, "start"), call.value(3, "length")
    n = call.tensor().shape[dim]
    return _cropped(call, sight, sight.dims[dim], n, range(start, start + length))


def concatenate(call: Call) -> Seen:
    """cat: of channels a union, of places one after the other."""
    dim = call.value(1, "dim", call.kwargs.get("axis", 0))
    listed = call.sight(0, "tensors")
    sights = flat(listed)
    axes = {s.dims[dim] for s in sights}
    if axes == {()}:
        return call.merged(sights)
    if len(axes) > 1 or len(next(iter(axes))) > 1 or len(sights) < len(listed):
        raise call.unsupported("joining places of tensors that do not all carry the same axis has no rule")
    return joined(sights, dim)


def stack(call: Call) -> Seen:
    """stack: a new dimension, and a union of what its entries see."""
    dim = call.value(1, "dim", 0)
    whole = call.merged(flat(call.sight(0, "tensors")))
    place = int(dim) % (len(whole.dims) + 1)
    return replace(whole, dims=(*whole.dims[:place], (), *whole.dims[place:]))


def split(call: Call) -> Seen:
    """chunk, split, unbind: slices one after the other."""
    sight: Sight = call.sight()
    unbound = call.op == "unbind"
    dim = int(call.value(1 if unbound else 2, "dim", 0)) % len(sight.dims)
    n, start, parts = call.tensor().shape[dim], 0, []
    for piece in call.result:
        length = 1 if unbound else piece.shape[dim]
        entries: list[Any] = [slice(None)] * len(sight.dims)
        entries[dim] = start if unbound else slice(start, start + length)
        parts.append(_indexed(call, sight, tuple(call.tensor().shape), entries))
        start += length
    if start != n:
        raise call.unsupported("its parts do not fill the dimension")
    return parts


MODULES: dict[type[nn.Module], Rule] = {nn.Flatten: reshape, nn.Unflatten: reshape}

FUNCTIONS: dict[str, Rule] = {
    **dict.fromkeys(("view", "reshape", "flatten", "unflatten"), reshape),
    "permute": permute,
    **dict.fromkeys(("transpose", "swapaxes", "swapdims", "t"), transpose),
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    **dict.fromkeys(("expand", "expand_as", "broadcast_to"), expand),
    "getitem": getitem,
    "narrow": narrow,
    **dict.fromkeys(("cat", "concat", "concatenate"), concatenate),
    "stack": stack,
    **dict.fromkeys(("chunk", "split", "unbind"), split),
}
