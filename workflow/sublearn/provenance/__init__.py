"""Where a file came from: traces, cards, PROV."""
