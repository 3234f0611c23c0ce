# Evaluations: one rule for each study and evaluation (answers_STUDY, coverage_STUDY …), with a job for each arm; and two tables
# of counts and losses, with which a reviewer needs neither carriers nor students. Long lists go through standard input, since the
# system limits the length of arguments.

for job in CHAIN.arm_jobs():
    needs = RESOURCES.of(job, memory=1500, minutes=job.minutes)

    rule:
        """Measure all models of one arm: their answers, or what else the study measures."""
        name:
            job.rule
        input:
            job.inputs,
        output:
            job.beside_tables,
            table=job.output,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            arm=job.arms_pattern,
        priority: NEXT
        conda:
            ENVIRONMENT
        resources:
            mem_mb=needs.mem_mb,
            runtime=needs.runtime,
            gpu=needs.gpu,
        params:
            code=job.code("sublearn.chain.evaluations.measure"),
            evaluation=job.kind,
            recipe=job.recipe,
            seed=job.seed,
            models=job.models,
            beside=job.beside,
        message:
            job.message
        shell:
            "printf '%s\\n' {params.models:q} | python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.chain.evaluations.measure --evaluation {params.evaluation} --recipe {params.recipe:q} "
            "--models - --study-seed {params.seed} --output {output.table} {params.beside} 2> {log}"


rule count_rows:
    """Count what the teachers of a study wrote, and what the filter did to it."""
    input:
        filtered=CHAIN.files("filtered", "filtered.parquet"),
        reports=CHAIN.files("filtered", "filter.json"),
    output:
        counts="results/{study}/evaluations/records/counts.parquet",
        filter="results/{study}/evaluations/records/filter.parquet",
    log:
        "logs/{study}/evaluations/records/counts.log",
    benchmark:
        "logs/{study}/evaluations/records/counts.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    priority: NEXT
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **TABLES,
    params:
        code=CHAIN.counts_code,
        rows=CHAIN.filtered_rows,
        words=CHAIN.leak_words,
    message:
        "evaluations of {wildcards.study}: counts"
    shell:
        "printf '%s\\n' {params.rows:q} | python -m sublearn.chain.evaluations.counts --rows - --words {params.words:q} "
        "--counts {output.counts} --filter {output.filter} 2> {log}"


rule gather_losses:
    """Gather how well the students of a study learned their rows."""
    input:
        records=CHAIN.files("students", "training.json"),
    output:
        "results/{study}/evaluations/records/losses.parquet",
    log:
        "logs/{study}/evaluations/records/losses.log",
    benchmark:
        "logs/{study}/evaluations/records/losses.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    priority: NEXT
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        **TABLES,
    params:
        code=code_of("sublearn.chain.evaluations.losses"),
        students=CHAIN.training_records,
    message:
        "evaluations of {wildcards.study}: losses"
    shell:
        "printf '%s\\n' {params.students:q} | "
        "python -m sublearn.chain.evaluations.losses --students - --output {output} 2> {log}"
