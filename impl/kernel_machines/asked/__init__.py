"""The port's operations, in arrays, each built from formulas that a mutant can replace."""
