"""Remove what other software left in the environment: a launcher, MPI, `accelerate config`, a notebook, a cluster's modules.

A step gets what determines its outputs from its command line. Variables that others left would change weights without a word,
or let the only process of a step wait for others. ``models.launch`` starts several processes; they alone learn from the
environment which of them they are.
"""

import math
import os
import sys
import sysconfig
from pathlib import Path

from sublearn.core.errors import UserError

THREADS = "OMP_NUM_THREADS"
# What launchers tell their processes. torch, accelerate and our own steps read it.
LAUNCHERS = (
    "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK", "GROUP_WORLD_SIZE", "ROLE_RANK", "ROLE_WORLD_SIZE",
    "ROLE_NAME", "MASTER_ADDR", "MASTER_PORT", "FORK_LAUNCHED", "MPI_LOCALRANKID", "MPI_LOCALNRANKS", "PYTHON_EXEC",
)  # fmt: skip
PREFIXES = (
    "TORCHELASTIC_", "TORCH_ELASTIC_", "PET_", "OMPI_COMM_WORLD_", "PMI_", "MV2_COMM_WORLD_",
    # What `accelerate launch` passes on from a user's configuration.
    "ACCELERATE_", "FSDP_", "FP8_", "MEGATRON_LM_", "PARALLELISM_CONFIG_",
)  # fmt: skip
# Containers set these; they change the precision of products on a GPU.
PRECISION = ("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")
# Python's warnings as errors, its prompt at the end of a program, which waits for a user, and the plots of a notebook.
INTERACTIVE = ("PYTHONWARNINGS", "PYTHONINSPECT", "MPLBACKEND")
# Read by a library when it is imported: whether tables are checked against their schemas, and with which of the processor's
# instructions sums are computed, which changes how they are rounded.
AT_IMPORT = (
    "PANDERA_", "ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "NPY_DISABLE_CPU_FEATURES", "OPENBLAS_CORETYPE",
)  # fmt: skip

_together: list[int] = []


def be_one_of(processes: int) -> None:
    """Note that ``models.launch`` started this process as one of so many: the launcher's variables are meant for it."""
    _together[:] = [processes]


def processes() -> int | None:
    """How many processes ``models.launch`` started together with this one; None if it started this one alone, or not."""
    return next(iter(_together), None)


def clear() -> None:
    """Remove what others left in the environment, for this process and those that it starts."""
    if _together:  # our launcher has cleared it, and what is there now is its own
        return
    names = {*LAUNCHERS, *PRECISION, *INTERACTIVE}
    for name in [name for name in os.environ if name in names or name.startswith(PREFIXES)]:
        del os.environ[name]


def threads() -> int:
    """How many threads a process may use: the first number of ``OMP_NUM_THREADS``, which may be a list; one by default.

    Raises:
        UserError: it is no whole number from 1 on.
    """
    text = os.environ.get(THREADS, "").strip()
    first = text.split(",")[0].strip() if text else "1"
    if not first.isdecimal() or int(first) < 1:
        raise UserError(f"{THREADS}: found '{text}' in the environment; a whole number from 1 on is right.")
    return int(first)


def seconds(name: str, default: float) -> float:
    """The seconds that a variable of the environment gives; ``default`` if it is not set, or empty.

    Raises:
        UserError: it is no number from 0 on.
    """
    text = os.environ.get(name, "").strip() or str(default)
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not found >= 0:
        raise UserError(f"{name}: found '{text}' in the environment; a number of seconds from 0 on is right, such as 60.")
    return found


def before_imports() -> None:
    """Let Python import libraries from this package's environment alone; the package calls this before it imports any.

    Exits with one sentence if Python runs without assertions.
    """
    if sys.flags.optimize:
        raise SystemExit("error: Python runs with -O, which leaves out checks; run it without, and unset PYTHONOPTIMIZE.")
    for name in [name for name in os.environ if name.startswith(AT_IMPORT)]:
        del os.environ[name]
    _uncover_packages()


def _uncover_packages() -> None:
    """Take folders off Python's path from which it would import modules in place of those of our environment.

    Such are folders of a cluster on PYTHONPATH, or the working folder. This is done only if the package is installed: otherwise
    its libraries may lie in these folders.
    """
    try:
        here = os.getcwd()
    except OSError:  # it was removed
        here = os.sep
    given = [place for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place]
    listed = [os.path.normpath(os.path.join(here, place)) for place in given]
    hiding = {place: hidden for place in dict.fromkeys([*listed, here]) if (hidden := _hidden_by(place))}
    if not hiding:
        return
    sys.path[:] = [place for place in sys.path if os.path.normpath(os.path.join(here, place)) not in hiding]
    if given:
        os.environ["PYTHONPATH"] = os.pathsep.join(place for place in listed if place not in hiding)
    for place in [place for place in hiding if place in listed]:
        print(f"PYTHONPATH: {place} is left out, since it hides this environment's {min(hiding[place])}.", file=sys.stderr)


def _hidden_by(place: str) -> set[str]:
    """The modules of our environment for which a folder has others of the same name."""
    offered = _modules(place) - {"sublearn"}
    own = sysconfig.get_path("purelib")
    if not offered or place == own or not any(Path(own).glob("sublearn-*.dist-info")):
        return set()
    return offered & (_modules(own) | sys.stdlib_module_names)


def _modules(folder: str) -> set[str]:
    """What can be imported from a folder; a package in it without ``__init__.py`` hides no other."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return set()
    files = {entry.name.split(".")[0] for entry in entries if entry.name.endswith((".py", ".so"))}
    return files | {entry.name for entry in entries if os.path.isfile(os.path.join(entry.path, "__init__.py"))}
