"""The phases of the house, in their order, and whose folder holds what is made in several steps."""

PHASES = ("bases", "teachers", "carriers", "students", "evaluations", "findings")
# Carriers are made in several steps, and bases in one of two ways; their artifacts lie in one folder.
PLACES = dict.fromkeys(("prompts", "raw", "given", "kept", "shuffled_within", "shuffled_across"), "carriers")
PLACES |= {"pinned": "bases", "authors": "bases"}
