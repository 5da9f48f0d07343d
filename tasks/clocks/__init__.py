"""Clocks of tasks, cases and tokens: when something is due, when they are looked at next, what moves them."""
