"""What models are scored on: the part of a step's recipe that teachers and evaluations share."""

from typing import Any

from pydantic import Field

from sublearn.core.section import Section


class Scored(Section):
    """The trait kinds on which a model is scored.

    Attributes:
        kinds: their names.
        families: the study's own families among them, as the study declares them.
        judges: the folders of the judges that these need.
    """

    kinds: list[str]
    families: dict[str, Any] = Field({})
    judges: dict[str, str] = Field({})
