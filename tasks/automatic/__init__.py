"""What automatic steps do: claimed under a lease, done outside transactions, settled afterwards."""
