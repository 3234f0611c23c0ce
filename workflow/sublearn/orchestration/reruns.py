"""Let content and records decide what is made again, never dates, whatever profile is used.

Snakemake compares code, parameters and inputs with its records (``.snakemake/metadata``). What it has no record of, it judges
by dates alone, and in a clone or an archive those mean nothing: committed tables would pass for the results of an edited study.
So whatever exists without a record is planned again, and so are findings that their own records contradict, such as those that
git has put back. Findings take seconds. Anything else may have taken days, so a run that would overwrite it is refused, and the
user decides.
"""

import os
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sublearn.core.errors import UserError, first_and_more
from sublearn.core.hashes import sha256_once
from sublearn.core.records import record_of

RECORDS = ".snakemake/metadata"
ANY_SIZE = 10**15  # bytes; Snakemake compares larger files by date


def decide_by_content_and_records(studies: Iterable[str]) -> None:
    """Let Snakemake compare files of any size by content, and plan again what these studies have without a record."""
    from snakemake.dag import DAG

    known, plan = frozenset(studies), DAG.update_needrun

    async def update_needrun(dag: Any, create_inventory: bool = False) -> None:
        if create_inventory:  # the first time: every job is known, and none has begun
            dag.max_checksum_file_size = dag.workflow.persistence.max_checksum_file_size = ANY_SIZE
            dag.unrecorded = [*getattr(dag, "unrecorded", []), *_unrecorded(dag, known)]
            dag.forcefiles.update(dag.unrecorded)
        await plan(dag, create_inventory)

    DAG.update_needrun = update_needrun


def refuse_to_overwrite(workflow: Any) -> None:
    """Before a run's first job: refuse to make again what has no record, apart from findings.

    Raises:
        UserError: such a file is there, and the user has not said what to do with it.
    """
    files = [] if workflow.touch else [file for file in workflow.dag.unrecorded if not _is_finding(file)]
    if files:
        raise UserError(
            f"{first_and_more(files)}: Snakemake has no record of how this was made ({RECORDS}), so it may not be what the "
            "study asks for. Delete it, or run with --forceall, to make it again; run with --touch to take it as it is."
        )


def has_record(file: str) -> bool:
    """Whether Snakemake has a record of how a file was made, in this folder or before it was published."""
    name = urlsafe_b64encode(file.encode()).decode()
    parts = [name[i : i + 254] for i in range(0, len(name), 254)]  # as Snakemake names its records
    return os.path.exists(os.path.join(RECORDS, *(f"@{part}" for part in parts[:-1]), parts[-1]))


def _unrecorded(dag: Any, studies: frozenset[str]) -> list[str]:
    """The files of these studies that exist without a record; those that are made again in any case do not count."""
    return [
        file
        for job in dag.jobs
        if job.rule not in dag.forcerules and dag.forcefiles.isdisjoint(job.output)
        for file in job.output
        if _study(file) in studies and os.path.exists(file) and not _is_as_recorded(file, job.input, dag.workflow.persistence)
    ]


def _is_as_recorded(file: str, inputs: Iterable[str], persistence: Any) -> bool:
    # Reading twenty thousand records takes a second, and looking for them a tenth. A database has them elsewhere.
    known = has_record(file) or persistence.metadata(file) is not None
    return known and not (_is_finding(file) and _is_contradicted(file, inputs))


def _study(file: str) -> str:
    """The study that owns a file; empty if none does."""
    top, _, rest = file.partition("/")
    return rest.partition("/")[0] if top in ("data", "results") else ""


def _is_finding(file: str) -> bool:
    return file.split("/")[2:3] == ["findings"]


def _is_contradicted(file: str, inputs: Iterable[str]) -> bool:
    """Whether the record beside a finding names other bytes than the finding has, or was made from inputs of other bytes."""
    try:
        known = record_of(Path(file))
        if known is None:  # a user's own step may write files in its own way
            return False
        _, record = known
        read = {name: was for part in record["inputs"].values() for name, was in part.items() if name in inputs}
        named = {file: record["outputs"][Path(file).name]} | {name: was for name, was in read.items() if os.path.exists(name)}
    except (AttributeError, KeyError, TypeError):  # a damaged record
        return True
    return any(sha256_once(Path(name)) != was for name, was in named.items())
