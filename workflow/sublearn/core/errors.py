"""The one kind of error that a user can mend: a sentence, not a traceback."""


class UserError(Exception):
    """Says where, what was found, and what would be right. Steps print it and exit with status 1."""


class UnknownNameError(UserError, ValueError):
    """There is nothing of that name; a ValueError too, so that a study's sections can say where the name stands."""
