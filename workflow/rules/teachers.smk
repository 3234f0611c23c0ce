for shape in CHAIN.shapes("teachers"):
    demand = DEMANDS.of(shape, 1500, 30)

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
        conda:
            ENVIRONMENT
        resources:
            mem_mb=demand.mem_mb,
            runtime=demand.runtime,
            gpu=demand.gpu,
            processes=1,
            nodes=1,
        params:
            code=code_of("sublearn.teachers.train", "sublearn.core.launch"),
            recipe=shape.recipe,
            seed=shape.seed,
            runs=shape.numbers,
            bases=shape.folders_of("base"),
            folders=shape.folders,
            trait=shape.trait,
        message:
            shape.message
        shell:
            "python -m sublearn.core.devices {resources.gpu} "
            "python -m sublearn.core.launch {resources.processes}@{resources.nodes} sublearn.teachers.train --trait {params.trait} --recipe {params.recipe:q} "
            "--study-seed {params.seed} --runs {params.runs} --bases {params.bases} --outputs {params.folders} 2> {log}"
