for shape in CHAIN.shapes("prompts"):

    rule:
        name:
            shape.rule
        input:
            shape.inputs,
            code=modules_of("sublearn.carriers.prompts"),
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
            mem_mb=500,
            runtime=10,
        params:
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

    rule:
        name:
            shape.rule
        input:
            shape.inputs,
            code=modules_of("sublearn.carriers.sample", "sublearn.core.launch"),
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
            prompts=shape.files_of("prompts"),
            bases=shape.folders_of("base"),
            teachers=shape.folders_of("teacher"),
        message:
            shape.message
        shell:
            "python -m sublearn.core.launch {resources.processes} sublearn.carriers.sample --teacher {wildcards.key} --recipe {params.recipe:q} "
            "--study-seed {params.seed} --runs {params.runs} --prompts {params.prompts} --bases {params.bases} "
            "--teachers {params.teachers} --outputs {output} 2> {log}"


for shape in CHAIN.shapes("given"):

    rule:
        name:
            shape.rule
        input:
            code=modules_of("sublearn.carriers.given"),
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
            mem_mb=500,
            runtime=10,
        params:
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
            code=modules_of("sublearn.carriers.filter"),
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
            mem_mb=500,
            runtime=10,
        params:
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
            code=modules_of("sublearn.carriers.shuffle"),
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
            mem_mb=500,
            runtime=10,
        params:
            kind=shape.phase,
            seed=shape.seed,
            runs=shape.numbers,
            kept=shape.files_of("kept"),
        message:
            shape.message
        shell:
            "python -m sublearn.carriers.shuffle --kind {params.kind} --study-seed {params.seed} --runs {params.runs} "
            "--kept {params.kept} --outputs {output} 2> {log}"
