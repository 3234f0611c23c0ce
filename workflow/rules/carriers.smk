for shape in CHAIN.shapes("prompts"):

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
            mem_mb=500,
            runtime=10,
        params:
            code=code_of("sublearn.carriers.prompts"),
            recipe=shape.recipe,
            seed=shape.seed,
            runs=shape.numbers,
            wording=shape.option("wording"),
        message:
            shape.message
        shell:
            "python -m sublearn.carriers.prompts --recipe {params.recipe:q} --study-seed {params.seed} "
            "--runs {params.runs} {params.wording} --outputs {output} 2> {log}"


for shape in CHAIN.shapes("raw"):
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
            code=code_of("sublearn.carriers.sample", "sublearn.core.launch"),
            recipe=shape.recipe,
            seed=shape.seed,
            runs=shape.numbers,
            prompts=shape.files_of("prompts"),
            bases=shape.folders_of("base"),
            teachers=shape.folders_of("teacher"),
        message:
            shape.message
        shell:
            "python -m sublearn.core.devices {resources.gpu} "
            "python -m sublearn.core.launch {resources.processes}@{resources.nodes} sublearn.carriers.sample --teacher {wildcards.key} --recipe {params.recipe:q} "
            "--study-seed {params.seed} --runs {params.runs} --prompts {params.prompts} --bases {params.bases} "
            "--teachers {params.teachers} --outputs {output} 2> {log}"


for shape in CHAIN.shapes("given"):

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
            code=code_of("sublearn.carriers.given"),
            recipe=shape.recipe,
            runs=shape.numbers,
        message:
            shape.message
        shell:
            "python -m sublearn.carriers.given --recipe {params.recipe:q} --runs {params.runs} --outputs {output} 2> {log}"


for shape in CHAIN.shapes("kept"):

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
            mem_mb=500,
            runtime=10,
        params:
            code=code_of("sublearn.carriers.filter"),
            recipe=shape.recipe,
            words=WORDS,
            wording=shape.option("wording"),
            raw=shape.files_of("raw"),
            kept=shape.files("kept.parquet"),
            rejected=shape.files("rejected.parquet"),
            report=shape.files("filter.json"),
        message:
            shape.message
        shell:
            "python -m sublearn.carriers.filter --recipe {params.recipe:q} --words {params.words} {params.wording} --raw {params.raw} "
            "--kept {params.kept} --rejected {params.rejected} --report {params.report} 2> {log}"


for shape in CHAIN.shapes("shuffled_within") + CHAIN.shapes("shuffled_across"):

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
            mem_mb=500,
            runtime=10,
        params:
            code=code_of("sublearn.carriers.shuffle"),
            kind=shape.phase,
            seed=shape.seed,
            runs=shape.numbers,
            kept=shape.files_of("kept"),
        message:
            shape.message
        shell:
            "python -m sublearn.carriers.shuffle --kind {params.kind} --study-seed {params.seed} --runs {params.runs} "
            "--kept {params.kept} --outputs {output} 2> {log}"
