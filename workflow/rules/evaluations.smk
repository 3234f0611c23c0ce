for evaluation in CHAIN.arm_jobs("evaluations"):

    rule:
        name:
            evaluation.rule
        input:
            evaluation.inputs,
            code=modules_of("sublearn.evaluations.score"),
        output:
            evaluation.output,
        log:
            evaluation.log(),
        benchmark:
            evaluation.log("benchmark.tsv")
        wildcard_constraints:
            arm=evaluation.arms_pattern,
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1500,
            runtime=60,
        params:
            recipe=evaluation.recipe,
            seed=evaluation.plan.study.seed,
            models=evaluation.models,
        message:
            evaluation.message
        shell:
            "python -m sublearn.evaluations.score --recipe {params.recipe:q} --models {params.models:q} "
            "--study-seed {params.seed} --output {output} 2> {log}"


for coverage in CHAIN.arm_jobs("coverage"):

    rule:
        name:
            coverage.rule
        input:
            coverage.inputs,
            code=modules_of("sublearn.evaluations.coverage"),
        output:
            coverage.output,
        log:
            coverage.log(),
        benchmark:
            coverage.log("benchmark.tsv")
        wildcard_constraints:
            arm=coverage.arms_pattern,
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1500,
            runtime=60,
        params:
            recipe=coverage.recipe,
            seed=coverage.plan.study.seed,
            words=WORDS,
            students=coverage.students,
        message:
            coverage.message
        shell:
            "python -m sublearn.evaluations.coverage --recipe {params.recipe:q} --students {params.students:q} "
            "--words {params.words} --study-seed {params.seed} --output {output} 2> {log}"


rule count_numbers:
    input:
        kept=CHAIN.files("kept", "kept.parquet"),
        reports=CHAIN.files("kept", "filter.json"),
        code=modules_of("sublearn.evaluations.numbers"),
    output:
        numbers="results/{study}/evaluations/records/numbers.parquet",
        filter="results/{study}/evaluations/records/filter.parquet",
    log:
        "logs/{study}/evaluations/records/numbers.log",
    benchmark:
        "logs/{study}/evaluations/records/numbers.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "evaluations of {wildcards.study}: numbers"
    shell:
        "python -m sublearn.evaluations.numbers --kept {input.kept} --reports {input.reports} --numbers {output.numbers} "
        "--filter {output.filter} 2> {log}"


rule gather_losses:
    input:
        records=CHAIN.files("students", "training.json"),
        code=modules_of("sublearn.evaluations.losses"),
    output:
        "results/{study}/evaluations/records/losses.parquet",
    log:
        "logs/{study}/evaluations/records/losses.log",
    benchmark:
        "logs/{study}/evaluations/records/losses.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    message:
        "evaluations of {wildcards.study}: losses"
    shell:
        "python -m sublearn.evaluations.losses --records {input.records} --output {output} 2> {log}"
