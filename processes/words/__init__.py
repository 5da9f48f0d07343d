"""Steps, ways, levels and texts of a process in the reader's language."""
