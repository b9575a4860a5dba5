"""Receptive fields: arithmetic, exact supports, a tracer for any module, and published networks."""
