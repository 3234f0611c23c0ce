rule theory_first_steps:
    output:
        "results/{study}/evaluations/first_steps.parquet",
    log:
        "logs/{study}/evaluations/first_steps.log",
    benchmark:
        "logs/{study}/evaluations/first_steps.benchmark.tsv"
    wildcard_constraints:
        study=THEORY.studies_pattern,
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        code=code_of("sublearn.theory.first_steps"),
        recipe=THEORY.recipe("first_steps"),
        seed=THEORY.seed,
    message:
        "evaluations of {wildcards.study}: first steps"
    shell:
        "python -m sublearn.theory.first_steps --recipe {params.recipe:q} --study-seed {params.seed} "
        "--output {output} 2> {log}"


rule theory_trajectories:
    output:
        "results/{study}/evaluations/trajectories.parquet",
    log:
        "logs/{study}/evaluations/trajectories.log",
    benchmark:
        "logs/{study}/evaluations/trajectories.benchmark.tsv"
    wildcard_constraints:
        study=THEORY.studies_pattern,
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=20,
    params:
        code=code_of("sublearn.theory.trajectories"),
        recipe=THEORY.recipe("trajectories"),
        seed=THEORY.seed,
    message:
        "evaluations of {wildcards.study}: many steps"
    shell:
        "python -m sublearn.theory.trajectories --recipe {params.recipe:q} --study-seed {params.seed} "
        "--output {output} 2> {log}"


rule theory_findings:
    input:
        first_steps=THEORY.file("first_steps"),
        trajectories=THEORY.file("trajectories"),
    output:
        alignment="results/{study}/findings/alignment.csv",
        conditions="results/{study}/findings/conditions.csv",
        trajectory="results/{study}/findings/trajectory.csv",
        claims="results/{study}/findings/claims.csv",
        summary="results/{study}/findings/summary.md",
    log:
        "logs/{study}/findings/tables.log",
    benchmark:
        "logs/{study}/findings/tables.benchmark.tsv"
    wildcard_constraints:
        study=THEORY.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.theory.findings"),
        title=THEORY.title,
        conditions=THEORY.conditions,
        claims=THEORY.claims,
        folder="results/{study}/findings",
    message:
        "findings of {wildcards.study}: tables"
    shell:
        "python -m sublearn.theory.findings --study {wildcards.study} --title {params.title:q} "
        "--conditions {params.conditions:q} --claims {params.claims:q} --first-steps {input.first_steps} "
        "--trajectories {input.trajectories} --output {params.folder} 2> {log}"


for figure, title in THEORY.figures().items():

    rule:
        name:
            f"figure_{figure}"
        input:
            table=f"results/{{study}}/findings/{figure}.csv",
        output:
            svg=report(
                f"results/{{study}}/findings/figures/{figure}.svg",
                caption=f"../report/{figure}.rst",
                category="{study}",
                labels={"figure": title},
            ),
            png=f"results/{{study}}/findings/figures/{figure}.png",
            data=f"results/{{study}}/findings/figures/{figure}.csv",
        log:
            f"logs/{{study}}/findings/figures/{figure}.log",
        benchmark:
            f"logs/{{study}}/findings/figures/{figure}.benchmark.tsv"
        wildcard_constraints:
            study=THEORY.studies_pattern,
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            code=code_of(f"sublearn.theory.figures.{figure}"),
            module=f"sublearn.theory.figures.{figure}",
            words=THEORY.caption,
        message:
            f"findings of {{wildcards.study}}: figure {figure}"
        shell:
            "python -m {params.module} --table {input.table} --output {output.svg} 2> {log}"
