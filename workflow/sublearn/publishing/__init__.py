"""What others get: DVC, publication, comparison."""
