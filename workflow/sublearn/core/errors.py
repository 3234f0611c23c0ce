"""Errors that a user can fix: reported in one sentence, without a traceback."""


class UserError(Exception):
    """A user's mistake: where it is, what was found, and what would be right. Steps print it and exit with status 1."""


class UnknownNameError(UserError, ValueError):
    """A name that nothing has; also a ValueError, so that a study's sections can add where the name stands."""
