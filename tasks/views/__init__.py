"""Pages of tasks: the inbox, one task, what one does with it, notifications, search."""
