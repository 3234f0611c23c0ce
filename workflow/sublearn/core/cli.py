"""Run a step or a command: limit its threads, log, record its outputs, and report errors in one sentence."""

import argparse
import ctypes
import gc
import io
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from sublearn.core import inherited, out_of_memory, outputs, records
from sublearn.core.errors import UserError
from sublearn.core.records import Input, Output

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["Input", "Output"]  # for the steps' parsers
log = logging.getLogger("sublearn")
Item = TypeVar("Item")
TRIM_THRESHOLD, MMAP_MAX = -1, -4  # of glibc's malloc.h


def run(
    main: Callable[[argparse.Namespace], None],
    parser: argparse.ArgumentParser,
    reads_others: bool = False,
    one_each: tuple[str, ...] = (),
    described: tuple[str, ...] = (),
    recorded: bool = True,
) -> None:
    """Parse the command line and run ``main``; on a user's mistake, exit with status 1 and a one-line error.

    Args:
        main: the step's or command's work, which takes the parsed options.
        parser: the options.
        reads_others: the step reads files that others published; its parameters pin them, so the record lists no inputs.
        one_each: options that hold one value per output; lists of whole numbers or paths are recognised without being named.
        described: options whose JSON describes something; what reads like a path in it is not an input.
        recorded: whether the files that it writes are artifacts, and have records.
    """
    started = time.perf_counter()
    inherited.clear()
    write_utf8()
    # Of several processes, only the first logs its progress; all of them log warnings and errors.
    level = logging.INFO if is_main() else logging.WARNING
    logging.basicConfig(stream=sys.stderr, level=level, format="%(asctime)s  %(message)s", datefmt="%H:%M:%S")
    logging.captureWarnings(True)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    try:
        # One job, one thread: tiny models run several times slower when threads compete for cores.
        os.environ[inherited.THREADS] = str(inherited.threads())
        args = parser.parse_args()
        main(args)
        if recorded:
            _record(args, reads_others, one_each, described)
    except (UserError, OSError) as error:
        log.error("error: %s", error)
        sys.exit(1)
    except (RuntimeError, MemoryError) as error:
        if (shortage := out_of_memory.missing(error)) is None:
            raise
        log.error("error: %s; a smaller model or a device with more memory would help.", shortage)
        sys.exit(1)
    except KeyboardInterrupt:
        log.error("error: interrupted; run again to go on.")
        sys.exit(128 + signal.SIGINT)
    _log_gpus()
    log.info("done in %.1f s", time.perf_counter() - started)
    gc.freeze()  # the process ends, which frees all; Python would look for cycles among its objects first


def write_utf8() -> None:
    """Write UTF-8 to standard output, as to files: the locale of a machine may lack a dash, or a user's letters."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def is_main() -> bool:
    """Whether this process writes the outputs: ``models.launch`` may start several, of which only the first does."""
    return os.environ.get("RANK", "0") == "0"


def _record(args: argparse.Namespace, reads_others: bool, one_each: tuple[str, ...], described: tuple[str, ...]) -> None:
    """Write the record of the outputs, if this process has written any; where that fails, no output stays without one."""
    if not (outputs.written() and is_main()):
        return
    try:
        records.record(args, outputs.written(), reads_others, one_each, described)
    except BaseException:
        for file in outputs.written():
            file.unlink(missing_ok=True)
        raise


def _log_gpus() -> None:
    """Log the GPUs that the step used, if any: Snakemake's benchmark files do not cover them."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        used = int(os.environ.get("WORLD_SIZE", "1"))
        log.info(
            "gpu: %d x %s, at most %.0f MB each", used, torch.cuda.get_device_name(), torch.cuda.max_memory_reserved() / 1e6
        )


@contextmanager
def importing() -> Iterator[None]:
    """Import much at once: what is imported stays, so Python need not look for cycles in it, now and as long as it lives."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def keep_to_threads() -> None:
    """Limit PyTorch to the threads that the job was given; one by default."""
    import torch

    torch.set_num_threads(inherited.threads())


def keep_memory() -> None:
    """Let a process keep the memory of tensors that it frees, where the C library is glibc.

    By itself, glibc hands large blocks back at once, and takes them anew for the next tensor, page by page and zeroed.
    For a real model's activations that takes longer than the arithmetic on them.
    """
    with suppress(OSError, AttributeError):
        glibc = ctypes.CDLL(None)
        glibc.mallopt(MMAP_MAX, 0)
        glibc.mallopt(TRIM_THRESHOLD, -1)  # never


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Log the seconds that a step spends in its main loop; the rest of its time is start-up and waiting."""
    started = time.perf_counter()
    yield
    log.info("loop: %s took %.2f s", what, time.perf_counter() - started)


class OrInput(argparse.Action):
    """An option that reads its value from standard input if it is ``-``: a single value from one line, a list from all lines.

    The values of a large study, such as its students, can be longer than the system allows for arguments.
    """

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: str | None = None) -> None:
        if values == "-":
            values = sys.stdin.readline().rstrip("\n")
        elif values == ["-"]:
            values = [line for line in sys.stdin.read().split("\n") if line]
        setattr(namespace, self.dest, values)


class _Lines:
    """A stream that writes each state of a progress bar on its own line of a log file."""

    def write(self, text: str) -> None:
        if text.strip("\r\n "):
            sys.stderr.write(text.strip("\r\n ") + "\n")

    def flush(self) -> None:
        sys.stderr.flush()


def progress(
    items: Iterable[Item],
    what: str,
    total: int | None = None,
    done: int = 0,
    size: Callable[[Item], int] | None = None,
    unit: str = "tokens",
) -> Iterable[Item]:
    """Show a progress bar on a terminal; write a line every half minute to a log file. Of one item, there is nothing to show.

    Args:
        done: how many items an earlier run has done; ``items`` are the others, and ``total`` counts all.
        size: how much work an item is; then the bar says how much of it is done in a second.
        unit: what ``size`` counts.
    """
    from tqdm import tqdm

    # In a log file, a bar within another one stays on its own line: position 0 moves no cursor.
    in_lines = {"file": _Lines(), "mininterval": 30, "maxinterval": 30, "ascii": True, "ncols": 100, "position": 0}
    look: dict[str, Any] = {} if sys.stderr.isatty() else in_lines
    look["disable"] = (len(items) if total is None and isinstance(items, Sized) else total) == 1
    bar = tqdm(items, desc=what, total=total, initial=done, leave=False, **look)
    return bar if size is None else _with_rate(bar, size, unit)


def _with_rate(bar: "tqdm[Item]", size: Callable[[Item], int], unit: str) -> Iterator[Item]:
    started, gone = time.perf_counter(), 0
    for item in bar:
        yield item
        gone += size(item)
        bar.set_postfix_str(f"{gone / (time.perf_counter() - started):.0f} {unit}/s", refresh=False)
