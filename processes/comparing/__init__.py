"""What differs between two versions, and whom it touches."""
