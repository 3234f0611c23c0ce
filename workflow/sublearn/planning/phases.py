"""The phases of every study, in order."""

PHASES = ("bases", "teachers", "carriers", "students", "evaluations", "findings")
