"""Our process files: read line by line, written again. docs/process-format.md describes the format."""
