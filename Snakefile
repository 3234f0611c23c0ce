"""Subliminal learning, end to end: bases, teachers, carriers, students, evaluations, findings; and its side wings."""

from snakemake.utils import min_version

min_version("9.25")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/bases.smk"
include: "workflow/rules/teachers.smk"
include: "workflow/rules/carriers.smk"
include: "workflow/rules/students.smk"
include: "workflow/rules/evaluations.smk"
include: "workflow/rules/findings.smk"
include: "workflow/rules/classifier.smk"
include: "workflow/rules/theory.smk"


rule all:
    default_target: True
    input:
        HOUSE.targets(),
        # No rule makes these: they hold times, and are those of the last run that succeeded (sublearn.findings.costs).
        [report(file, caption="workflow/report/costs.rst", category="Costs") for file in HOUSE.costs()],
    localrule: True


onstart:
    make_ready(workflow)


onsuccess:
    shell("python -m sublearn.findings.recap {HOUSE.studies}")
    shell("python -m sublearn.findings.costs {HOUSE.makers} --cores {workflow.resource_settings.cores}")
