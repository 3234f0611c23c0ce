"""The phases of the house, in their order, and the phase in whose folder each kind of artifact lies."""

PHASES = ("bases", "teachers", "carriers", "students", "evaluations", "findings")
# Carriers are made in several steps, and bases in one of two ways; their artifacts lie in one folder.
PLACES = dict.fromkeys(("prompts", "raw", "given", "kept", "shuffled_within", "shuffled_across"), "carriers")
PLACES |= {"pinned": "bases", "authors": "bases"}
