for shape in CHAIN.shapes("students"):
    demand = DEMANDS.of(shape, 1500, 60)

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
            code=code_of("sublearn.students.train", "sublearn.core.launch"),
            recipe=shape.recipe,
            seed=shape.seed,
            words=WORDS,
            runs=shape.numbers,
            bases=shape.folders_of("base"),
            teachers=shape.folders_of("teacher"),
            carriers=shape.files_of("carrier"),
            folders=shape.folders,
        message:
            shape.message
        shell:
            "python -m sublearn.core.devices {resources.gpu} "
            "python -m sublearn.core.launch {resources.processes}@{resources.nodes} sublearn.students.train --recipe {params.recipe:q} --words {params.words} "
            "--study-seed {params.seed} --runs {params.runs} --bases {params.bases} --teachers {params.teachers} "
            "--carriers {params.carriers} --outputs {params.folders} 2> {log}"
