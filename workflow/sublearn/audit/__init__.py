"""What data would do to a model that learns from it: rows, layers that look at them, reports."""
