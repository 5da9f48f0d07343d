"""What is wrong with a version before it is published: in its graph, runs, steps, calls, deadlines, people.

docs/model-check.md describes the model check itself (`structure`, `soundness`, `reduction`, `following`).
"""
