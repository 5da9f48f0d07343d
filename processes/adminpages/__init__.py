"""Pages of processes in Django's admin beyond lists and forms; `processes.admin` brings them in."""
