"""The phases of every study, in their order."""

PHASES = ("bases", "teachers", "carriers", "students", "evaluations", "findings")
