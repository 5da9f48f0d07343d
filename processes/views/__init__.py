"""Pages of processes and cases: the catalogue, the start form, the list of cases, one case."""
