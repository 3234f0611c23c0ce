"""What a study may declare as a family of traits, as data: a module for each form."""
