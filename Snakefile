"""Subliminal learning, end to end: bases, teachers, carriers, students, evaluations, findings; and three other kinds of study."""

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.25")

# Where the workflow lies. Data and results lie in the working folder, which may be a different one with its own configuration.
PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
SETTINGS = "config/config.yaml"

sys.path.insert(0, str(PROJECT / "workflow"))

from sublearn.core.errors import UserError
from sublearn.orchestration.workflow import settings

# Whether this is no module of another workflow, which has settings of its own.
ALONE = Path(workflow.main_snakefile).resolve().parent == PROJECT.resolve()

# Snakemake would say neither which file it cannot read, nor where; an empty one is no error.
try:
    has_settings = bool(settings()) if ALONE else True
except UserError as error:
    raise SystemExit(f"error: {error}")

if has_settings:

    configfile: SETTINGS if Path(SETTINGS).exists() else str(PROJECT / SETTINGS)


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"


# `make figures` draws findings from published evaluations alone, and trains nothing; plan_all stops where one is missing.
if not findings_only(config):

    include: "workflow/rules/bases.smk"
    include: "workflow/rules/teachers.smk"
    include: "workflow/rules/carriers.smk"
    include: "workflow/rules/students.smk"
    include: "workflow/rules/evaluations.smk"
    include: "workflow/rules/classifier.smk"
    include: "workflow/rules/theory.smk"
    include: "workflow/rules/audit.smk"

    for file in extension_rules():

        include: file


include: "workflow/rules/findings.smk"


rule all:
    """Every finding of the chosen studies."""
    default_target: True
    input:
        STUDIES.targets(),
        # No rule makes these: they hold the times of the last run that succeeded (sublearn.reporting.costs).
        [report(file, caption="workflow/report/costs.rst", category="Costs") for file in STUDIES.costs()],
    localrule: True


rule tables:
    """The tables of the chosen studies, without figures."""
    input:
        STUDIES.tables(),
    localrule: True


rule figures:
    """The figures of the chosen studies, and the tables that they are drawn from."""
    input:
        STUDIES.figures(),
    localrule: True


onstart:
    check_machine(workflow)


onsuccess:
    found = STUDIES.found_in(workflow.dag)
    shell("python -m sublearn.reporting.print_summary {STUDIES.studies} --found {found}")
    shell("python -m sublearn.reporting.scorecard")
    shell("python -m sublearn.reporting.costs {STUDIES.makers} --cores {workflow.resource_settings.cores}")
