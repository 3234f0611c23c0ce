"""Why one layer cannot look, while others can."""

from sublearn.core.errors import UserError


class UnableError(UserError):
    """One sentence that says why a layer cannot look at this data."""
