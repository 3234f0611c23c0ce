"""Subliminal learning, end to end."""

import os
from pathlib import Path

from sublearn.core import inherited

inherited.before_imports()
# Folders of a user's own modules, laid out like this package (``sublearn.core.registry``).
EXTENSIONS = "SUBLEARN_EXTENSIONS"
__path__ += [folder for folder in os.environ.get(EXTENSIONS, "").split(os.pathsep) if folder and Path(folder).is_dir()]
