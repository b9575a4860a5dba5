"""The receptive field of every node of a module: boxes carried through its torch.fx graph, never guessed."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.utils._pytree import tree_leaves, tree_map

from impl.receptive_field.errors import UnsupportedOpError, UntraceableError
from impl.receptive_field.rules import RULES, Rules
from impl.receptive_field.trace.call import Call, Rule, flat
from impl.receptive_field.trace.dispatch import rule_for
from impl.receptive_field.trace.node import RFNode
from impl.receptive_field.trace.pointwise import keeps_shape
from impl.receptive_field.trace.sight import Sight, pixels

Shape = Sequence[int]


def trace_receptive_field(
    module: nn.Module,
    input_shape: Shape | Sequence[Shape],
    unit: tuple[int, ...] | None = None,
    *,
    rules: Mapping[Any, Rule] | None = None,
    formulas: Rules = RULES,
) -> dict[str, RFNode]:
    """What a unit of every node of `module` sees of its input, exactly; "output" is the module's result.

    input_shape: (batch, channels, *space), or one shape per input, of which the first is followed. unit: a position of
    the output; other nodes, and the output by default, are asked about their central unit (see RFNode.at). Channels
    count together: a unit is a place, and an operation that picks channels is taken to read them all. rules: for own
    operations, from a module type or a function to a rule (Call → Sight), see `trace/call.py`.

    Raises UnsupportedOpError for an operation without a rule, UntraceableError where torch.fx finds no graph,
    ValueError for an input that does not fit or a unit outside the output.
    """
    shapes = _shapes(input_shape)
    hollow, graph = _graph(module, rules or {})
    walk = _Walk(hollow, graph, shapes, rules or {}, formulas)
    dtype = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)
    walk.run(*(torch.empty(tuple(shape), dtype=dtype, device="meta") for shape in shapes))
    if unit is not None and "output" in walk.nodes:
        walk.nodes["output"] = walk.nodes["output"].at(unit)
    return walk.nodes


def _shapes(given: Shape | Sequence[Shape]) -> list[tuple[int, ...]]:
    nested = [tuple(s) if isinstance(s, Sequence) else (s,) for s in given]
    shapes = nested if given and isinstance(given[0], Sequence) else [tuple(n for (n,) in nested)]
    first = shapes[0] if shapes else ()
    if len(first) < 2 or min(first) < 1:
        raise ValueError(f"input_shape must be (batch, channels, *space) with lengths of at least 1, got {first}")
    return shapes


class _Tracer(fx.Tracer):
    """torch.fx's tracer, with the caller's own operations kept whole."""

    def __init__(self, whole: tuple[type, ...]) -> None:
        super().__init__(autowrap_functions=())
        self.whole = whole

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, self.whole) or super().is_leaf_module(m, module_qualified_name)


def _graph(module: nn.Module, rules: Mapping[Any, Rule]) -> tuple[nn.Module, fx.Graph]:
    """The module with tensors that have no storage, and its graph. Raises UntraceableError with torch.fx's reason."""
    held = [*module.parameters(), *module.buffers()]
    hollow = module
    if not all(tensor.is_meta for tensor in held):
        hollow = copy.deepcopy(module, {id(tensor): _weightless(tensor) for tensor in held})
    tracer = _Tracer(tuple(kind for kind in rules if isinstance(kind, type)))
    if tracer.is_leaf_module(hollow, ""):
        hollow = nn.Sequential(hollow)
    try:
        return hollow, tracer.trace(hollow)
    except Exception as error:  # whatever a forward method may raise on proxies
        raise UntraceableError(
            f"{type(module).__name__} cannot be traced ({_first_line(error)}); make its control flow independent of "
            "the data, or trace its submodules one by one"
        ) from error


def _weightless(tensor: Tensor) -> Tensor:
    hollow = torch.empty_like(tensor, device="meta")
    return nn.Parameter(hollow, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else hollow


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


class _Walk(fx.Interpreter):
    """Runs the graph on tensors without storage and writes down what each of them sees."""

    def __init__(
        self,
        module: nn.Module,
        graph: fx.Graph,
        shapes: list[tuple[int, ...]],
        rules: Mapping[Any, Rule],
        formulas: Rules,
    ) -> None:
        super().__init__(module, garbage_collect_values=False, graph=graph)
        self.shapes, self.rules, self.formulas = shapes, rules, formulas
        self.seen: dict[fx.Node, Any] = {}
        self.nodes: dict[str, RFNode] = {}
        self.extra_traceback = False

    def run_node(self, n: fx.Node) -> Any:
        """Evaluate a node, then ask its rule what the result sees."""
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        name = self._name(n)
        try:
            result = args[0] if self._unchanged(n, args) else super().run_node(n)
        except Exception as error:  # torch's own word on shapes that do not fit
            raise ValueError(
                f"node {name!r} cannot run on this input: {_first_line(error)}; change input_shape or the layer"
            ) from error
        result = tree_map(lambda t: t.to("meta") if isinstance(t, Tensor) else t, result)
        seen = self.seen[n] = self._look(n, name, args, kwargs, result)
        if isinstance(seen, Sight):
            centre = tuple(seen.extent(axis) // 2 for axis in range(len(seen.lattice)))
            self.nodes[name] = RFNode(name, self._operation(n), centre, seen, self.formulas)
        return result

    def _unchanged(self, n: fx.Node, args: tuple[Any, ...]) -> bool:
        plain = n.op == "call_module" and len(args) == 1 and isinstance(args[0], Tensor)
        return plain and keeps_shape(self.fetch_attr(str(n.target)), args[0])

    def _name(self, n: fx.Node) -> str:
        """A submodule's dotted path on its first call, else torch.fx's own name."""
        path = str(n.target) if n.op == "call_module" and n.target != "output" else n.name
        return n.name if path in self.nodes else path

    def _look(self, n: fx.Node, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any) -> Any:
        """What the node's result sees: a Sight, None for a constant, or a nest of these."""
        if n.op == "placeholder":
            first = next(iter(self.graph.nodes)) is n
            return pixels(self.shapes[0]) if first else None
        sight_args = fx.map_arg(n.args, lambda m: self.seen[m])
        sight_kwargs = fx.map_arg(n.kwargs, lambda m: self.seen[m])
        if n.op == "output":
            return sight_args[0]
        if not flat([sight_args, sight_kwargs]) or not any(isinstance(r, Tensor) for r in tree_leaves(result)):
            return None
        module = self.fetch_attr(str(n.target)) if n.op == "call_module" else None
        operation = self._operation(n)
        rule = rule_for(n.target, module, self.rules)
        if rule is None:
            raise UnsupportedOpError(name, operation)
        call = Call(name, operation, args, kwargs, sight_args, sight_kwargs, result, self.formulas, module)
        return rule(call)

    def _operation(self, n: fx.Node) -> str:
        if n.op == "call_module":
            return type(self.fetch_attr(str(n.target))).__name__
        return n.target if isinstance(n.target, str) else getattr(n.target, "__name__", str(n.target))
