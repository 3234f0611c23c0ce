for shape in CHAIN.shapes("teachers"):

    rule:
        name:
            shape.rule
        input:
            shape.inputs,
            code=modules_of("sublearn.teachers.train", "sublearn.core.launch"),
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
            mem_mb=1500,
            runtime=30,
            processes=1,
        params:
            recipe=shape.recipe,
            seed=shape.seed,
            runs=shape.numbers,
            bases=shape.folders_of("base"),
            folders=shape.folders,
            trait=shape.trait,
        message:
            shape.message
        shell:
            "python -m sublearn.core.launch {resources.processes} sublearn.teachers.train --trait {params.trait} --recipe {params.recipe:q} "
            "--study-seed {params.seed} --runs {params.runs} --bases {params.bases} --outputs {params.folders} 2> {log}"
