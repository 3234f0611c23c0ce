COIN = STUDIES.jobs["coin"]


rule coin_flips:
    """Flip the coin."""
    output:
        "results/{study}/evaluations/flips.csv",
    wildcard_constraints:
        study=COIN.studies_pattern,
    params:
        code=code_of("sublearn.coin.flip"),
        recipe=COIN.recipe,
        seed=COIN.seed,
    message:
        "evaluations of {wildcards.study}: flips"
    shell:
        "python -m sublearn.coin.flip --recipe {params.recipe:q} --study-seed {params.seed} --output {output}"
