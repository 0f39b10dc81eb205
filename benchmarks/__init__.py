"""Figures, printed by the command that stands beside them in `docs/benchmarks.md`."""
