"""Optimal transport over lanes: exact, entropic, closed forms, and critics."""
