"""What these tests share: a folder that is not the project's."""

from pathlib import Path

import pytest
from support.elsewhere import Elsewhere


@pytest.fixture
def elsewhere(tmp_path: Path) -> Elsewhere:
    """A folder with a small study of the kind theory, ``mine.yaml``."""
    return Elsewhere(tmp_path / "not the project")
