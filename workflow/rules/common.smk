# What every rule file uses: the plans of the chosen studies, and the settings that small rules share.
from snakemake import __version__ as snakemake_version

from sublearn.core.code_identity import code_of
from sublearn.orchestration.environment import (
    check_machine,
    collect_garbage_less_often,
    refuse_prefix,
    refuse_untried_snakemake,
    run_steps_here,
)
from sublearn.orchestration.kinds import extension_rules
from sublearn.orchestration.reruns import decide_by_content_and_records
from sublearn.orchestration.resources import StudyResources
from sublearn.orchestration.workflow import findings_only, plan_all

run_steps_here(alone=ALONE)
collect_garbage_less_often()

try:
    refuse_untried_snakemake(snakemake_version)
    refuse_prefix(workflow)
    STUDIES = plan_all(config)
except UserError as error:
    raise SystemExit(f"error: {error}")

decide_by_content_and_records(STUDIES.makers)

CHAIN, CLASSIFIER, THEORY, AUDIT = (STUDIES.jobs[kind] for kind in ("chain", "classifier", "theory", "audit"))
RESOURCES = StudyResources(STUDIES)
# Snakemake takes a word in braces for a wildcard, in the path of a folder too.
ENVIRONMENT = str(PROJECT / "envs/workflow.yaml").replace("{", "{{").replace("}", "}}")
# For steps that read and write small files on the machine that runs Snakemake: megabytes and minutes.
SMALL = {"mem_mb": 500, "runtime": 10}
TABLES = {"mem_mb": 1000, "runtime": 10}
# What most others wait for runs first, then the rest of the chain. The other kinds of study fill the gaps, so no core is idle.
FIRST, NEXT = 2, 1
# How many processes work on one model depends on the machine: profiles set it (docs/running.md).
ONE_PROCESS = {"processes": 1, "nodes": 1}
