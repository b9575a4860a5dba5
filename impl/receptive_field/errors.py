"""What a tracer refuses, rather than guess."""

from __future__ import annotations


class UnsupportedOpError(ValueError):
    """An operation whose receptive field is not known: names the node, the operation and the remedy."""

    def __init__(self, node: str, operation: str, reason: str = "no rule is known for it") -> None:
        super().__init__(
            f"node {node!r}: {operation}: {reason}; pass rules={{{operation.split('(')[0]}: rule}} to "
            "trace_receptive_field, or trace the part of the module before this node"
        )


class UntraceableError(ValueError):
    """A module that torch.fx cannot turn into a graph, usually because its control flow depends on the data."""
