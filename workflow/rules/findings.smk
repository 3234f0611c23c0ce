# Findings of every study, whatever its kind: tables_STUDY and figures_STUDY, one process each, and a page that says where all came from.

for job in STUDIES.findings:

    rule:
        """Make every table of a study, its verdicts, and its summary in words."""
        name:
            job.rule("tables")
        input:
            job.table_files,
        output:
            job.tables,
        log:
            job.log("tables"),
        benchmark:
            job.benchmark("tables")
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            **TABLES,
        params:
            code=job.tables_code(),
            step=job.tables_step,
            study=job.study_values,
            inputs=job.table_inputs,
            folder=subpath(output[0], parent=True),
        message:
            f"findings of {job.study}: tables"
        shell:
            "printf '%s\\n' {params.study:q} {params.inputs:q} | "
            "python -m {params.step} --study - --inputs - --output {params.folder} 2> {log}"

    if job.figures:

        rule:
            """Draw the figures of a study, each as SVG, PNG and the data that it shows."""
            name:
                job.rule("figures")
            input:
                job.figure_files,
            output:
                svgs=[
                    report(
                        job.svg(figure),
                        caption=job.caption(figure),
                        category=job.study,
                        labels={"figure": figure.title},
                    )
                    for figure in job.figures
                ],
                beside=job.beside,
            log:
                job.log("figures"),
            benchmark:
                job.benchmark("figures")
            localrule: True
            conda:
                ENVIRONMENT
            resources:
                **TABLES,
            params:
                code=job.figure_code(),
                package=job.figure_package,
                figures=job.figure_names,
                inputs=job.figure_inputs,
                words=job.plan.caption(),
            message:
                f"findings of {job.study}: figures"
            shell:
                "printf '%s\\n' {params.inputs:q} | python -m sublearn.core.draw --package {params.package} "
                "--figures {params.figures} --inputs - --outputs {output.svgs} 2> {log}"


rule provenance:
    """Write a page that says where every finding of a study came from, back to base weights and seeds."""
    input:
        findings=STUDIES.findings_of,
    output:
        report(
            "results/{study}/findings/provenance.html",
            caption="../report/provenance.rst",
            category="{study}",
            labels={"figure": "Provenance"},
        ),
    log:
        "logs/{study}/findings/provenance.log",
    benchmark:
        "logs/{study}/findings/provenance.benchmark.tsv"
    wildcard_constraints:
        study=STUDIES.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **TABLES,
    params:
        code=code_of("sublearn.reporting.provenance_page"),
    message:
        "findings of {wildcards.study}: provenance"
    shell:
        "python -m sublearn.reporting.provenance_page --study {wildcards.study} --findings {input.findings} "
        "--output {output} 2> {log}"
