"""Read and write files: outputs appear whole or not at all, and tables are checked against a schema."""

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import pandera.pandas as pa
from pydantic import BaseModel, ValidationError

from sublearn.core import outputs
from sublearn.core.errors import UserError, first_line

# Characters that UTF-8 cannot write (half an emoji), or that end a text for some readers.
NOT_TEXT = re.compile("[\0\ud800-\udfff]")
ARecord = TypeVar("ARecord", bound=BaseModel)


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path next to ``path``; rename it to ``path`` at the end, or remove it on failure.

    The temporary file has the same suffix, since writers choose their format by it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(target.parent, rf"\.{re.escape(target.stem)}\.(\d+)\.partial{re.escape(target.suffix)}")
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.partial{target.suffix}")
    try:
        with _full_disk_in_a_sentence(target):
            yield temporary
            os.replace(temporary, target)
            outputs.wrote(target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary folder; at the end move each of its files into ``folder``, one rename each."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(target, r"\.partial-(\d+)-.*")
    temporary = Path(tempfile.mkdtemp(prefix=f".partial-{os.getpid()}-", dir=target))
    try:
        with _full_disk_in_a_sentence(target):
            yield temporary
            for file in sorted(temporary.iterdir()):
                file.chmod(0o666 & ~_umask())  # safetensors writes files that only their owner can read
                os.replace(file, target / file.name)
                outputs.wrote(target / file.name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _full_disk_in_a_sentence(target: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # safetensors wraps the system's error in one of its own.
        full = any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT))
        if full:
            raise UserError(f"{target}: the disk is full; nothing was written. Free some space and run again.") from error
        raise


def is_occupied(folder: Path) -> bool:
    """Whether a new folder cannot be made there: it is a file, or a folder that holds something."""
    return folder.exists() and (not folder.is_dir() or any(folder.iterdir()))


def _remove_leftovers(folder: Path, name: str) -> None:
    """Remove partial files of processes that were killed; the pattern ``name`` has the process id as its first group.

    Files of processes that still run on this machine are kept.
    """
    for path in list(folder.iterdir()):
        if (partial := re.fullmatch(name, path.name)) and not _is_alive(int(partial[1])):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # the process belongs to another user
        pass
    return True


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(text: str, path: str | os.PathLike[str]) -> None:
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(value: Any, path: str | os.PathLike[str]) -> None:
    write_text(json.dumps(value, indent=1, sort_keys=True, allow_nan=False) + "\n", path)


@contextmanager
def _to_read(path: str | os.PathLike[str], what: str = "file") -> Iterator[None]:
    """Say in a sentence that a file is not there, or is not to be read by this user; what is wrong inside is the reader's."""
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such {what}.") from error
    except PermissionError as error:
        raise UserError(f"{path}: cannot be read ({os.strerror(error.errno or errno.EACCES).lower()}).") from error


def read_json(path: str | os.PathLike[str]) -> Any:
    with _to_read(path):
        text = Path(path).read_bytes()
    try:
        return json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # also bytes that are no text, and numbers of too many digits
        raise UserError(f"{path}: not readable as JSON ({error}); delete it and run again.") from error


def read_record(path: str | os.PathLike[str], kind: type[ARecord], what: str) -> ARecord:
    """Read a JSON file that a step wrote, as a model of type ``kind``; ``what`` names it in errors.

    Raises:
        UserError: the file is missing or damaged.
    """
    try:
        return kind.model_validate(read_json(path), strict=False)  # JSON has no tuples
    except ValidationError as error:
        raise UserError(f"{path}: not {what} ({error.error_count()} problems); delete it and run again.") from None


def write_arrays(arrays: dict[str, np.ndarray], path: str | os.PathLike[str]) -> None:
    """Write named arrays as safetensors."""
    from safetensors.numpy import save_file

    with atomic(path) as temporary:
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary)
        temporary.chmod(0o666 & ~_umask())  # safetensors writes files that only their owner can read


def read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read all arrays of a safetensors file.

    Raises:
        UserError: the file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        with _to_read(path):
            return load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: damaged or truncated ({error}); delete it and run again.") from error


class Table(pa.DataFrameModel):
    """A table with the declared columns and no others; values become of the declared types, or are refused."""

    class Config:
        strict = True
        coerce = True


def write_table(table: pd.DataFrame, path: str | os.PathLike[str], schema: type[pa.DataFrameModel]) -> None:
    """Check a table against ``schema``, and write it as Parquet or CSV, by the suffix; floats keep every digit."""
    table = schema.validate(table)
    with atomic(path) as temporary:
        if temporary.suffix == ".parquet":
            table.to_parquet(temporary, index=False, write_page_checksum=True)
        else:
            table.to_csv(temporary, index=False, lineterminator="\n")


def read_table(path: str | os.PathLike[str], schema: type[pa.DataFrameModel]) -> pd.DataFrame:
    """Read a Parquet or CSV table and check it against ``schema``.

    Raises:
        UserError: the file is missing, cannot be read or is damaged, or does not have the declared columns and values.
    """
    try:
        with _to_read(path, "table"):
            if Path(path).suffix == ".parquet":
                table = pd.read_parquet(path, page_checksum_verification=True)
            else:
                table = pd.read_csv(path, keep_default_na=False, na_values=[""])
        return schema.validate(table)
    except (UserError, MemoryError):
        raise
    except (pa.errors.SchemaError, pa.errors.SchemaErrors) as error:
        raise UserError(f"{path}: not the table that was expected ({_problem(error)}); delete it and run again.") from error
    except Exception as error:  # a damaged file can break its reader anywhere
        raise UserError(f"{path}: damaged or truncated ({first_line(error)}); delete it and run again.") from error


def read_nearest(files: list[str], schema: type[pa.DataFrameModel]) -> pd.DataFrame:
    """Read tables of models (contract 2) of a study and the studies it extends, nearest first; each model's nearest rows count.

    Untouched bases are identified by name, all other models by arm, trait and run.
    """
    table = pd.concat([read_table(file, schema).assign(order=i) for i, file in enumerate(files)])
    name = table["student_base"].where(table["arm"] == "base", "") if "student_base" in table else ""
    table = table.assign(base_name=name)
    nearest = table.groupby(["arm", "trait", "run", "base_name"])["order"].transform("min")
    return table[table["order"] == nearest].drop(columns=["order", "base_name"])


def _problem(error: pa.errors.SchemaError | pa.errors.SchemaErrors) -> str:
    """The first problem that pandera found, on one short line."""
    if isinstance(error, pa.errors.SchemaErrors):
        error = error.schema_errors[0]
    line = " ".join(str(error).split())
    return line if len(line) <= 160 else line[:160] + " …"
