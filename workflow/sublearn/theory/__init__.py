"""Studies of the theorem: one step in numbers, and many."""
