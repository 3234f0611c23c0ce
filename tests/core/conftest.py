"""What the tests of the core share."""

from collections.abc import Iterator

import pytest
from accelerate.state import AcceleratorState


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """A process trains in one precision only, unless it forgets that it has trained."""
    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
