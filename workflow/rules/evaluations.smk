for evaluation in CHAIN.arm_jobs("evaluations"):
    demand = DEMANDS.of(evaluation, 1500, 60)

    rule:
        name:
            evaluation.rule
        input:
            evaluation.inputs,
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
            mem_mb=demand.mem_mb,
            runtime=demand.runtime,
            gpu=demand.gpu,
        params:
            code=code_of("sublearn.evaluations.score"),
            recipe=evaluation.recipe,
            seed=evaluation.plan.study.seed,
            models=evaluation.models,
        message:
            evaluation.message
        shell:
            "python -m sublearn.core.devices {resources.gpu} "
            "python -m sublearn.evaluations.score --recipe {params.recipe:q} --models {params.models:q} "
            "--study-seed {params.seed} --output {output} 2> {log}"


for coverage in CHAIN.arm_jobs("coverage"):
    demand = DEMANDS.of(coverage, 1500, 60)

    rule:
        name:
            coverage.rule
        input:
            coverage.inputs,
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
            mem_mb=demand.mem_mb,
            runtime=demand.runtime,
            gpu=demand.gpu,
        params:
            code=code_of("sublearn.evaluations.coverage"),
            recipe=coverage.recipe,
            seed=coverage.plan.study.seed,
            words=WORDS,
            students=coverage.students,
        message:
            coverage.message
        shell:
            "python -m sublearn.core.devices {resources.gpu} "
            "python -m sublearn.evaluations.coverage --recipe {params.recipe:q} --students {params.students:q} "
            "--words {params.words} --study-seed {params.seed} --output {output} 2> {log}"


rule count_numbers:
    input:
        kept=CHAIN.files("kept", "kept.parquet"),
        reports=CHAIN.files("kept", "filter.json"),
    output:
        numbers="results/{study}/evaluations/records/numbers.parquet",
        filter="results/{study}/evaluations/records/filter.parquet",
    log:
        "logs/{study}/evaluations/records/numbers.log",
    benchmark:
        "logs/{study}/evaluations/records/numbers.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.evaluations.numbers"),
    message:
        "evaluations of {wildcards.study}: numbers"
    shell:
        "python -m sublearn.evaluations.numbers --kept {input.kept} --reports {input.reports} --numbers {output.numbers} "
        "--filter {output.filter} 2> {log}"


rule gather_losses:
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
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.evaluations.losses"),
    message:
        "evaluations of {wildcards.study}: losses"
    shell:
        "python -m sublearn.evaluations.losses --records {input.records} --output {output} 2> {log}"
