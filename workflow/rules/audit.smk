# Audits: rows that somebody brings (given) or whose truth is known (cases), and what the layers find in them (audits).

for job in AUDIT.of("given"):

    rule:
        """Read and check the rows of a data set that somebody brings."""
        name:
            job.rule
        input:
            job.inputs,
        output:
            job.outputs,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            key=job.keys_pattern,
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            **TABLES,
        params:
            code=job.code("sublearn.audit.import_rows"),
            recipe=job.recipe,
            rows=job.files("rows.parquet"),
            unseen=job.unseen,
        message:
            job.message
        shell:
            "python -m sublearn.audit.import_rows --recipe {params.recipe:q} --output {params.rows} 2> {log}"


for job in AUDIT.of("cases"):

    rule:
        """Make data sets whose truth is known, from rows of teachers; one for each base."""
        name:
            job.rule
        input:
            job.inputs,
        output:
            job.outputs,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            key=job.keys_pattern,
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            **SMALL,
        params:
            code=job.code("sublearn.audit.cases"),
            recipe=job.recipe,
            seed=job.seed,
            runs=job.run_numbers,
            own=job.input_files("own"),
            neutral=job.input_files("neutral"),
            words=AUDIT.words(job),
            folders=job.folders,
        message:
            job.message
        shell:
            "python -m sublearn.audit.cases --recipe {params.recipe:q} --study-seed {params.seed} --runs {params.runs} "
            "--own {params.own} --neutral {params.neutral} --words {params.words:q} --outputs {params.folders} 2> {log}"


for job in AUDIT.of("audits"):
    needs = AUDIT.resources(job)

    rule:
        """Look at data sets with every layer of the audit."""
        name:
            job.rule
        input:
            job.inputs,
        output:
            job.outputs,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            key=job.keys_pattern,
        conda:
            ENVIRONMENT
        resources:
            mem_mb=needs.mem_mb,
            runtime=needs.runtime,
            gpu=needs.gpu,
        params:
            code=job.code("sublearn.audit.look"),
            recipe=job.recipe,
            seed=job.seed,
            rows=job.input_files("rows"),
            references=AUDIT.references(job),
            bases=job.input_folders("base"),
            folders=job.folders,
            pages=AUDIT.pages(job),
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} python -m sublearn.audit.look --recipe {params.recipe:q} "
            "--study-seed {params.seed} --rows {params.rows} --references {params.references} --bases {params.bases} "
            "--outputs {params.folders} {params.pages} 2> {log}"
