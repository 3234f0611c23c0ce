for shape in CHAIN.shapes("bases"):
    demand = DEMANDS.of(shape, 1500, 30)

    rule:
        name:
            shape.rule
        output:
            shape.outputs,
        log:
            shape.log(),
        benchmark:
            shape.log("benchmark.tsv")
        wildcard_constraints:
            key=shape.keys_pattern,
        conda:
            ENVIRONMENT
        resources:
            mem_mb=demand.mem_mb,
            runtime=demand.runtime,
            gpu=demand.gpu,
        params:
            code=code_of("sublearn.bases.pretrain"),
            recipe=shape.recipe,
            seed=shape.seed,
            folder=shape.folders,
        message:
            shape.message
        shell:
            "python -m sublearn.core.devices {resources.gpu} "
            "python -m sublearn.bases.pretrain --recipe {params.recipe:q} --name {wildcards.key} "
            "--study-seed {params.seed} --output {params.folder} 2> {log}"


for shape in CHAIN.shapes("pinned"):

    rule:
        name:
            shape.rule
        input:
            shape.inputs,
        output:
            shape.outputs,
        log:
            shape.log(),
        benchmark:
            shape.log("benchmark.tsv")
        wildcard_constraints:
            key=shape.keys_pattern,
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1500,
            runtime=60,
        params:
            code=code_of("sublearn.bases.pin"),
            recipe=shape.recipe,
            wording=shape.option("wording"),
            folder=shape.folders,
        message:
            shape.message
        shell:
            "python -m sublearn.bases.pin --recipe {params.recipe:q} {params.wording} --output {params.folder} 2> {log}"


for shape in CHAIN.shapes("authors"):

    rule:
        name:
            shape.rule
        output:
            shape.outputs,
        log:
            shape.log(),
        benchmark:
            shape.log("benchmark.tsv")
        wildcard_constraints:
            key=shape.keys_pattern,
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=500,
            runtime=10,
        params:
            code=code_of("sublearn.bases.authors"),
            recipe=shape.recipe,
        message:
            shape.message
        shell:
            "python -m sublearn.bases.authors --recipe {params.recipe:q} --output {output} 2> {log}"
