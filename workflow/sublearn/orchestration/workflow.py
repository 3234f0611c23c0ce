"""Build the workflow of the chosen studies: their plans and jobs, by study kind. The Snakefile starts here."""

import argparse
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from sublearn.core import yaml_files
from sublearn.core.errors import UserError, first_and_more
from sublearn.core.findings import folder_of
from sublearn.core.places import PROJECT
from sublearn.core.registry import use_extensions
from sublearn.core.section import shown
from sublearn.orchestration.kinds import KINDS
from sublearn.orchestration.studies import files, lineage
from sublearn.planning.artifacts import Plan
from sublearn.planning.jobs import FindingsJob, Jobs, rule_suffix

REPORT = Path(__file__).parents[2] / "report"
SETTINGS = "config/config.yaml"
FOLDERS = ("data", "results", "logs")
KEYS = {"studies", "extensions", "findings_only"}  # the keys of the configuration


class Workflow:
    """The plans of the chosen studies, and the jobs that make them."""

    def __init__(self, plans: list[Plan[Any]]) -> None:
        self.studies = [plan.study.name for plan in plans]
        # Inherited artifacts are made by the parent's rules.
        used = [*(other for plan in plans for other in plan.others), *plans]  # of plans of one study, the last counts
        self.makers = sorted({*self.studies, *(artifact.study for plan in used for artifact in plan.everything)} - {""})
        self.jobs: dict[str, Jobs[Any]] = {
            kind.name: kind.jobs([plan for plan in used if plan.study.kind == kind.name], str(REPORT / kind.name))
            for kind in KINDS
        }

    @cached_property
    def findings(self) -> list[FindingsJob]:
        """The jobs that make tables and figures, one ``FindingsJob`` per study."""
        return [job for jobs in self.jobs.values() for job in jobs.findings()]

    def _chosen(self) -> list[FindingsJob]:
        return [job for job in self.findings if job.study in self.studies]

    def tables(self) -> list[str]:
        """Every table of the chosen studies."""
        return [file for job in self._chosen() for file in job.tables]

    def figures(self) -> list[str]:
        """Every figure of the chosen studies."""
        return [file for job in self._chosen() for file in job.svgs]

    def findings_of(self, wildcards: Any) -> list[str]:
        """Every table and figure of one study."""
        return next(job.targets for job in self.findings if job.study == wildcards.study)

    def targets(self) -> list[str]:
        """Every file of the findings of the chosen studies: tables, figures and provenance pages."""
        pages = [f"{folder_of(study)}/provenance.html" for study in self.studies]
        return [*self.tables(), *self.figures(), *pages]

    def found_in(self, dag: Any) -> list[str]:
        """The chosen studies whose tables are part of a run of Snakemake's: they were made, or were up to date."""
        files = {str(file) for job in dag.jobs for file in job.output}
        return [job.study for job in self._chosen() if files.issuperset(job.tables)]

    def refuse_missing_evaluations(self) -> None:
        """Refuse to make findings of evaluations that are not there, where no rule can make them.

        Snakemake would take tables that lie there, such as those that git keeps, as given, and draw from them.

        Raises:
            UserError: a file is missing.
        """
        for job in self._chosen():
            read = dict.fromkeys([*job.table_files, *job.figure_files])
            missing = [file for file in read if file not in job.tables and not Path(file).exists()]
            if missing:
                raise UserError(
                    f"{first_and_more(missing)}: missing, so there are no findings of {job.study}; sublearn pull fetches what "
                    "is published, and without findings_only it is computed."
                )

    def refuse_missing_files(self) -> None:
        """Refuse files of the user's that the chosen studies need and that are not there.

        Raises:
            UserError: a file is missing.
        """
        for jobs in self.jobs.values():
            for plan in jobs.chosen:
                plan.refuse_missing_files()

    def costs(self) -> list[str]:
        """The table and figure of the last run's costs, if they exist; the report shows them, but no rule makes them."""
        return [file for file in ("logs/costs.svg", "logs/costs.csv") if Path(file).exists()]

    @property
    def studies_pattern(self) -> str:
        """A regular expression that matches the names of all studies."""
        return "|".join(jobs.studies_pattern for jobs in self.jobs.values())


def settings() -> dict[str, Any]:
    """The configuration that the Snakefile reads: the working folder's, or else the workflow's own.

    Raises:
        UserError: the file is not readable, or not a mapping.
    """
    file = Path(SETTINGS) if Path(SETTINGS).exists() else PROJECT / SETTINGS
    found = yaml_files.read(file) or {}
    if not isinstance(found, dict):
        raise UserError(f"{file}: found {shown(found)}; should be a mapping of {', '.join(sorted(KEYS))} to values.")
    return found


def refuse_files_for_folders() -> None:
    """Refuse a working folder in which something else has the name of a folder that a run writes into.

    Raises:
        UserError: something has.
    """
    for folder in FOLDERS:
        if os.path.lexists(folder) and not os.path.isdir(folder):
            raise UserError(f"{folder}: is no folder, but a run writes into a folder of this name; rename or remove it.")


def add_extensions(options: argparse.ArgumentParser) -> None:
    """Give a command the option that names folders of the user's own modules."""
    options.add_argument(
        "--extensions",
        nargs="*",
        default=[],
        metavar="FOLDER",
        help="folders of your own modules; those in config/config.yaml, if none is named",
    )


def use_configured_extensions(named: Sequence[str] = ()) -> None:
    """Find the user's own modules too, in the folders that are named or, if there are none, those of the configuration."""
    use_extensions(named or _folders(settings()))


def _folders(config: dict[str, Any]) -> list[str]:
    folders = config.get("extensions") or []
    if not isinstance(folders, list) or not all(isinstance(folder, str) and folder for folder in folders):
        raise UserError(
            f"extensions: found {shown(folders)}; name folders in {SETTINGS}, or by --config extensions='[path/to/mine]'."
        )
    return folders


def names(config: dict[str, Any]) -> list[str]:
    """The studies that the configuration names.

    Raises:
        UserError: it names none, or something else.
    """
    found = config.get("studies")
    if not isinstance(found, list) or not found or not all(isinstance(name, str) for name in found):
        raise UserError(
            f"studies: found {shown(found)}; name one study or more in {SETTINGS}, or by --config studies='[tiny]'."
        )
    return found


def plan(name: str) -> Plan[Any]:
    """The plan of a study, from its file and those that it extends."""
    found = None
    for study in reversed(lineage(name)):
        found = KINDS.get(study.kind).plan(study, found)
    assert found is not None
    return found


def findings_only(config: dict[str, Any]) -> bool:
    """Whether only findings are made, of evaluations that are there. From ``--config``, true and false arrive as text.

    Raises:
        UserError: the key is neither.
    """
    given = config.get("findings_only", False)
    chosen = {"true": True, "false": False}.get(str(given).lower())
    if chosen is None:
        raise UserError(f"findings_only: found {shown(given)}; should be true or false.")
    return chosen


def _refuse_shared_names(used: Iterable[str]) -> None:
    """Refuse two studies, among these and those that they extend, that would write the same files."""
    seen: dict[str, Path] = {}
    for file in (file for name in used for file in files(name)):
        other = seen.setdefault(rule_suffix(file.stem), file.resolve())
        if other != file.resolve():
            raise UserError(
                f"{file}: another study, {other}, has the same name, so both would write the same files; rename one."
            )


def plan_all(config: dict[str, Any]) -> Workflow:
    """The plans of the studies that the configuration names.

    Raises:
        UserError: a key is unknown or has the wrong type, or a study is wrong.
    """
    if unknown := sorted(map(str, set(config) - KEYS)):
        raise UserError(f"{unknown[0]}: unknown key of the configuration; choose one of {', '.join(sorted(KEYS))}.")
    refuse_files_for_folders()
    use_extensions(_folders(config))
    chosen = list({files(name)[0].resolve(): name for name in names(config)}.values())  # one study may be named twice
    try:
        plans = [plan(name) for name in chosen]
        _refuse_shared_names([*chosen, *(name for each in plans for name in each.names_of_others)])
        found = Workflow(plans)
    except ValueError as error:  # an unknown name that only planning meets
        raise UserError(f"{error}.") from None
    if findings_only(config):
        found.refuse_missing_evaluations()
    else:
        found.refuse_missing_files()
    return found
