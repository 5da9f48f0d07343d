"""What people are told: whom, when, and how it reaches them. Rows first, sending later."""
