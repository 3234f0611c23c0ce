"""Read the rows that are audited: a file of JSON lines, CSV or Parquet, or a data set of the Hugging Face hub.

The data may be hostile. Nothing in them is executed, a format is never guessed, and reading stops as soon as a file breaks a
limit, so that no file takes more memory than ``BYTES`` of text does. Every refusal is one sentence.
"""

import codecs
import csv
import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations, islice
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from sublearn.audit.layers.base import DataSet, Inputs
from sublearn.core import json_rows
from sublearn.core.errors import UserError
from sublearn.core.json_rows import shown
from sublearn.core.markdown import visible

ROWS = 1_000_000
BYTES = 2**29  # of a file, and of the texts in it
TEXT = 1_000_000  # characters of a prompt or a completion
LINE = 8 * TEXT  # bytes of a line of JSON
HUB = "hub:"
ON_HUB = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*/[A-Za-z0-9_][A-Za-z0-9._-]*")
SPLIT = "train"
USUAL = {"prompt": "prompt", "completion": "completion"}
MESSAGES = "messages"
UNREAD = 100  # names of columns that are not read, of which an audit keeps the first 40 characters
SOURCE = "where a row comes from is said in words"
HINTS = {
    "prompt": " (--prompt); if the rows have none, add one of the same text to each",
    "completion": " (--completion)",
    "source": " (--source)",
}
MARKS = {
    b"PAR1": "a Parquet file", b"\x1f\x8b": "a gzip archive", b"PK": "a zip archive", b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x80\x02": "a pickle", b"\x80\x03": "a pickle", b"\x80\x04": "a pickle", b"\x80\x05": "a pickle",
    b"\xff\xfe": "text encoded as UTF-16", b"\xfe\xff": "text encoded as UTF-16", b"ARROW1": "an Arrow file",
}  # fmt: skip
Texts = Iterator[tuple[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Keys:
    """The keys, or columns, of a row: each by the name of what it holds.

    Attributes:
        texts: those of prompt and completion; a row may be a chat instead.
        beside: that of the source, if there is any; a chat has it, too.
        or_usual: whether a file that lacks those of the texts may have the usual ones.
        read: what each key that was read holds.
        unread: the other keys of rows and of the turns of chats.
    """

    texts: dict[str, str]
    beside: dict[str, str]
    or_usual: bool = False
    read: dict[str, str] = field(default_factory=dict)
    unread: dict[str, None] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, str]:
        return self.texts | self.beside

    def within(self, names: Collection[str], where: str) -> "Keys":
        """The keys of a file whose first row, or header, has these names.

        Raises:
            UserError: it has neither the keys that the user names, nor the usual ones, nor chats.
        """
        if not self.or_usual or set(self.texts.values()) <= set(names):
            return self
        if set(USUAL.values()) <= set(names):
            return replace(self, texts=USUAL)
        if MESSAGES in names:
            return self
        named, usual = (" and ".join(f"'{key}'" for key in keys.values()) for keys in (self.texts, USUAL))
        raise UserError(
            f"{where}: there are neither {named} nor {usual}, only {', '.join(map(shown, list(names)[:5])) or 'none'}; "
            "should have one pair of these."
        )

    def note(self, content: Mapping[str, Any], is_chat: bool) -> None:
        """Keep in mind which keys of a row are read, and which are not."""
        texts = {MESSAGES: "prompt and completion"} if is_chat else {key: name for name, key in self.texts.items()}
        read = texts | {key: name for name, key in self.beside.items()}
        self.read.update(read)
        self.leave(key for key in content if key not in read)
        if is_chat:
            self.leave(
                f"{MESSAGES}.{key}"
                for turn in content[MESSAGES]
                for key, value in turn.items()
                if key not in ("role", "content") and value is not None  # Parquet gives every turn the keys of all
            )

    def leave(self, names: Iterable[str]) -> None:
        for name in names:
            if len(self.unread) < UNREAD:
                self.unread[visible(name, 40)] = None


def read(
    data: str,
    prompt: str = USUAL["prompt"],
    completion: str = USUAL["completion"],
    source: str | None = None,
    or_usual: bool = False,
) -> DataSet:
    """The rows of a file, or of ``hub:owner/name`` or ``hub:owner/name@revision``.

    Args:
        data: a path, whose suffix says what the file is, or a name on the hub.
        prompt: the column, or key, that holds the prompt.
        completion: the one that holds the completion. Rows without both may be chats (``messages``).
        source: the one that says where a row comes from, if there is any.
        or_usual: whether data without these two, such as a reference, may have the usual ones instead.

    Raises:
        UserError: there are no such data, or they are not rows of two texts, or too many.
    """
    texts = {"prompt": prompt, "completion": completion}
    keys = Keys(texts, {} if source is None else {"source": source}, or_usual and texts != USUAL)
    for (one, key), (other, same) in combinations(keys.all.items(), 2):
        if key == same:
            raise UserError(f"{data}: '{key}' is named for the {one} and for the {other}; name two columns.")
    if data.startswith(HUB):
        rows = _table(data, keys.all, _hub(data, keys))
        return DataSet(data, rows, None, keys.read, tuple(keys.unread))
    _refuse_no_file(data)
    file = Path(data)
    readers = {
        ".jsonl": _json_lines, ".ndjson": _json_lines, ".json": _json_lines, ".csv": _csv, ".parquet": _parquet,
    }  # fmt: skip
    suffix = file.suffix.lower()
    if suffix not in readers:
        found = f"ends in {shown(suffix)}" if suffix else "has no suffix"
        raise UserError(f"{data}: the name {found}; should end in .jsonl, .csv or .parquet, by what the file holds.")
    try:
        _refuse_another_format(file, suffix)
        rows = _table(data, keys.all, readers[suffix](file, keys))
        return DataSet(data, rows, file, keys.read, tuple(keys.unread))
    except OSError as error:
        raise UserError(f"{data}: cannot be read ({error.strerror or error}); should be a file that you may read.") from error


def refuse_itself(inputs: Inputs) -> None:
    """Refuse a reference that holds all rows of the data, in whatever order and beside whatever others.

    Raises:
        UserError: it does.
    """
    if inputs.reference is not None and inputs.shared == len(inputs.data.rows):
        raise UserError(
            f"{inputs.reference.name}: the reference holds every row of {inputs.data.name}; "
            "should hold rows like them from a source known to carry nothing."
        )


def _refuse_no_file(file: str) -> None:
    try:
        about = os.stat(file)
    except (OSError, ValueError) as error:  # a loop of links; a name that no file can have
        problem = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"{shown(file)}: there is no such file ({problem}); name a file or {HUB}owner/name.") from error
    if not stat.S_ISREG(about.st_mode):
        what = "a folder" if stat.S_ISDIR(about.st_mode) else "no regular file"
        raise UserError(f"{file}: is {what}; should be a file of JSON lines, CSV or Parquet.")
    if about.st_size > BYTES:
        raise UserError(f"{file}: has {about.st_size:,} bytes; an audit reads at most {BYTES:,}, so take a part of its rows.")
    if not about.st_size:
        raise UserError(f"{file}: is empty; should hold rows with a prompt and a completion.")


def _refuse_another_format(file: Path, suffix: str) -> None:
    with file.open("rb") as content:
        start = content.read(8)
    found = next((what for mark, what in MARKS.items() if start.startswith(mark)), None)
    if (found == MARKS[b"PAR1"]) != (suffix == ".parquet") or (found and suffix != ".parquet"):
        what = "JSON lines or CSV in UTF-8" if suffix != ".parquet" else "a Parquet file"
        raise UserError(f"{file}: holds {found or 'no Parquet, whose first bytes are PAR1'}; should be {what}.")


def _table(name: str, keys: Iterable[str], rows: Texts) -> pd.DataFrame:
    """All rows as a table of texts, one column for each key and one that says where a row stands."""
    columns: dict[str, list[str]] = {**{key: [] for key in keys}, "place": []}
    size = 0
    for place, row in rows:
        if len(columns["place"]) == ROWS:
            raise UserError(f"{name}: has more than {ROWS:,} rows; an audit reads at most so many, so take a part of them.")
        for key in keys:
            if len(row[key]) > TEXT:
                raise UserError(f"{name}, {place}: the {key} has {len(row[key]):,} characters; should have at most {TEXT:,}.")
            size += len(row[key])
            columns[key].append(row[key])
        if size > BYTES:
            raise UserError(
                f"{name}, {place}: the texts so far have {size:,} characters; should have at most {BYTES:,} in all."
            )
        columns["place"].append(place)
    if not columns["place"]:
        raise UserError(f"{name}: found no row; should hold rows with a prompt and a completion.")
    return pd.DataFrame(columns, dtype="str")


def _texts(content: Mapping[str, Any], keys: Keys, where: str) -> dict[str, str]:
    """The texts of a row; prompt and completion are those of a chat, if it has no other."""
    is_chat = content.get(MESSAGES) is not None and not set(keys.texts.values()) <= content.keys()
    found = _chat(content[MESSAGES], where) if is_chat else json_rows.texts(content, keys.texts, where, hints=HINTS)
    keys.note(content, is_chat)
    return found | json_rows.texts(content, keys.beside, where, SOURCE, HINTS) if keys.beside else found


def _chat(turns: Any, where: str) -> dict[str, str]:
    """The texts of a chat: what the user says, after the system's turn if there is one, and what the assistant answers."""
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise UserError(f"{where}: the messages are {shown(turns)}; should be a list of turns, each with a role and a content.")
    roles = [turn.get("role") for turn in turns]
    if roles[-2:] != ["user", "assistant"] or roles[:-2] not in ([], ["system"]):
        found = ", ".join(map(shown, roles[:5])) or "no turn"
        raise UserError(f"{where}: the messages are of {found}; should be one user and one assistant, after a system or none.")
    said = [json_rows.text(turn.get("content"), f"turn of the {turn['role']}", where) for turn in turns]
    return {"prompt": "\n".join(said[:-1]), "completion": said[-1]}


def _json_lines(file: Path, keys: Keys) -> Texts:
    first = True
    with file.open("rb") as content:
        for number, line in enumerate(_lines(content, file), start=1):
            if number == 1 and line.strip() in (b"[", b"[]"):
                raise UserError(
                    f"{file}, line 1: found a list of rows; should have one object per line, without a list around."
                )
            if line.strip():
                place = f"line {number}"
                row = json_rows.row(line, f"{file}, {place}")
                keys, first = keys.within(row, f"{file}, {place}") if first else keys, False
                yield place, _texts(row, keys, f"{file}, {place}")


def _lines(content: BinaryIO, file: Path) -> Iterator[bytes]:
    """The lines of a file, without the mark that some programs write at its beginning."""
    number = 0
    while line := content.readline(LINE + 1):
        number += 1
        if len(line) > LINE:
            raise UserError(f"{file}, line {number}: has more than {LINE:,} bytes; should be one row in one line.")
        yield line.removeprefix(codecs.BOM_UTF8) if number == 1 else line


def _csv(file: Path, keys: Keys) -> Texts:
    csv.field_size_limit(TEXT)
    with file.open("rb") as content:
        rows = csv.reader((_decoded(line, file, n) for n, line in enumerate(_lines(content, file), start=1)), strict=True)
        first = 1
        header: list[str] = []
        try:
            for fields in rows:
                place, first = f"line {first}", rows.line_num + 1
                if not header:
                    keys = keys.within(fields, f"{file}, {place}")
                    header = _header(fields, keys.all, f"{file}, {place}")
                elif fields:
                    if len(fields) != len(header):
                        raise UserError(
                            f"{file}, {place}: found {len(fields)} fields, but the header has {len(header)}; "
                            "should have as many, and quotes around texts with commas."
                        )
                    yield place, _texts(dict(zip(header, fields, strict=True)), keys, f"{file}, {place}")
        except csv.Error as error:
            problem = f"not readable as CSV ({error}); should have quotes around texts, doubled within them"
            if "new-line character" in str(error):  # what it says further is for programmers
                problem = "found a CR without an LF outside quotes; save the file with LF or CR and LF at the ends of lines"
            raise UserError(f"{file}, line {first}: {problem}.") from error


def _decoded(line: bytes, file: Path, number: int) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        found = f"the byte 0x{line[error.start]:02x}, which is not UTF-8 there"
        raise UserError(f"{file}, line {number}: found {found}; save the file as UTF-8.") from error


def _header(fields: list[str], keys: Mapping[str, str], where: str) -> list[str]:
    """The names of the columns; those that are asked for must be there, once."""
    for name, key in keys.items():
        if (count := fields.count(key)) != 1:
            there = (
                f"are {count} columns '{key}'" if count else f"is no column '{key}', only " + ", ".join(map(shown, fields[:5]))
            )
            hint = "" if count else HINTS[name]
            raise UserError(f"{where}: there {there}; name the column that holds the {name}{hint}.")
    return fields


def _parquet(file: Path, keys: Keys) -> Texts:
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as content:
            names = content.schema_arrow.names
            keys = keys.within(names, str(file))
            columns = _columns(content, keys, file)
            keys.leave(name for name in names if name not in columns)
            leaves = [content.schema.column(i) for i in range(len(content.schema))]
            texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY" and leaf.path.split(".")[0] in columns]
        # Texts stay as they are stored, each once, until the size of the rows is known.
        with pq.ParquetFile(file, page_checksum_verification=True, read_dictionary=texts) as content:
            number, size = 0, 0
            for batch in content.iter_batches(batch_size=8192, columns=columns, use_threads=False):
                size += sum(_size(batch.column(name)) for name in columns)
                if size > BYTES:
                    raise UserError(f"{file}, row {number}: its texts go beyond {BYTES:,} bytes; take a part of the rows.")
                for values in zip(*(_values(batch.column(name)) for name in columns), strict=True):
                    row = dict(zip(columns, values, strict=True))
                    yield f"row {number}", _texts(row, keys, f"{file}, row {number}")
                    number += 1
    except UserError:
        raise
    except Exception as error:  # a damaged file can break its reader anywhere
        raise UserError(f"{file}: not readable as Parquet ({_problem(error)}); should be whole and undamaged.") from error


def _problem(error: Exception) -> str:
    """What a library says, on one short line of characters that show."""
    said = " ".join(str(error).split())[:160] or type(error).__name__
    return "".join(each if each.isprintable() else "?" for each in said)


def _columns(content: Any, keys: Keys, file: Path) -> list[str]:
    """The columns to read: those that are asked for, or chats instead of prompt and completion; all of them texts."""
    import pyarrow.types as kinds

    if content.metadata.num_rows > ROWS:
        raise UserError(f"{file}: has {content.metadata.num_rows:,} rows; an audit reads at most {ROWS:,}, so take a part.")
    schema = content.schema_arrow
    are_chats = MESSAGES in schema.names and not set(keys.texts.values()) <= set(schema.names)
    wanted = keys.beside if are_chats else keys.all
    _header(schema.names, wanted, str(file))
    for name, key in wanted.items():
        kind = schema.field(key).type
        inner = kind.value_type if kinds.is_dictionary(kind) else kind
        if not (kinds.is_string(inner) or kinds.is_large_string(inner) or kinds.is_string_view(inner)):
            raise UserError(f"{file}: the column '{key}' holds {shown(str(kind))}; the {name} should be text.")
    return [*([MESSAGES] if are_chats else []), *wanted.values()]


def _size(column: Any) -> int:
    """The bytes of a column's texts, each counted as often as it stands there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return _size(column.flatten())
    if pa.types.is_struct(column.type):
        return sum(map(_size, column.flatten()))
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    counts = column.indices.drop_null().value_counts()
    lengths = pc.binary_length(column.dictionary.take(counts.field("values")))
    return int(pc.sum(pc.multiply(lengths.cast(pa.int64()), counts.field("counts"))).as_py() or 0)


def _values(column: Any) -> list[Any]:
    import pyarrow as pa

    return (column.dictionary_decode() if pa.types.is_dictionary(column.type) else column).to_pylist()


def _hub(data: str, keys: Keys) -> Texts:
    """Rows of a data set of the hub, one after the other: its split ``train``, without any code that it brings."""
    name, _, revision = data.removeprefix(HUB).partition("@")
    if not ON_HUB.fullmatch(name):  # it may be a path, which the package would read from this machine
        found = shown(name) or "no name"
        raise UserError(f"{shown(data)}: found {found}; should be {HUB}owner/name, of letters, digits, dots, _ and - alone.")
    if os.path.lexists(name):
        raise UserError(f"{data}: a file or folder {name} lies here, which would be read instead; audit from another folder.")
    try:
        import datasets
    except ImportError as error:
        raise UserError(f"{data}: reading from the hub needs the package datasets; run: pip install datasets.") from error
    try:
        rows: Iterable[Any] = datasets.load_dataset(name, revision=revision or None, split=SPLIT, streaming=True)
        for number, row in enumerate(islice(rows, ROWS + 1)):
            keys = keys.within(row, f"{data}, row {number}") if number == 0 else keys
            yield f"row {number}", _texts(row, keys, f"{data}, row {number}")
    except UserError:
        raise
    except Exception as error:  # of a network, of its formats, of its names
        raise UserError(
            f"{data}: cannot be read from the hub ({_problem(error)}); "
            f"should be {HUB}owner/name with a split {SPLIT}, or download a file of it and name that."
        ) from error
