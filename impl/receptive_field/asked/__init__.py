"""The questions of the port: what our formulas answer (COMPUTED) and what torch's layers answer (MEASURED)."""
