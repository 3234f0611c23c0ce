"""Subliminal learning, end to end: bases, teachers, carriers, students, evaluations, findings."""
