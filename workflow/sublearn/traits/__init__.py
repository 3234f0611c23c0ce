"""What teachers pass on: a module for each kind of trait."""
