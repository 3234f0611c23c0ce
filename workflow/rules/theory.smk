# The theorem: two tables of evaluations. Bases, teachers and students live for milliseconds in one process.


rule theory_first_steps:
    """Take one step of a teacher and one of a student in hundreds of draws, with each condition of the theorem varied."""
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
    """Follow teachers and students over many steps."""
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
