"""Reads the process environment; the only place that does.

Every reader fails loudly and names the variable, so that a typing error in the configuration is never
taken for "not set".
"""
