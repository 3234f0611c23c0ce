"""What the Snakefile asks: studies, resources, checks before a run."""
