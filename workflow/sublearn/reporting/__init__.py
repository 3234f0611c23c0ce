"""What a run tells people: costs, a summary, a page on provenance."""
