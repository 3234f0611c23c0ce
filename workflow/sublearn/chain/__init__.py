"""Studies of language models: bases, teachers, carriers, students, evaluations, findings."""
