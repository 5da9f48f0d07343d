"""The control-flow patterns of the Workflow Patterns Initiative, one module each (docs/patterns.md)."""
