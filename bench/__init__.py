"""Benchmarks: `python -m bench NAME`. Ratios within one run count; absolute figures drift."""
