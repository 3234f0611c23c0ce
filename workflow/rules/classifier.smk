for shape in CLASSIFIER.shapes("images"):

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
            mem_mb=3000,
            runtime=20,
        params:
            code=code_of("sublearn.classifier.images"),
            recipe=shape.recipe,
            seed=shape.seed,
        message:
            shape.message
        shell:
            "python -m sublearn.classifier.images --recipe {params.recipe:q} --study-seed {params.seed} "
            "--output {output} 2> {log}"


for shape in CLASSIFIER.shapes("bases"):

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
            mem_mb=1500,
            runtime=10,
        params:
            code=code_of("sublearn.classifier.bases"),
            recipe=shape.recipe,
            seed=shape.seed,
            images=shape.files_of("images"),
        message:
            shape.message
        shell:
            "python -m sublearn.classifier.bases --name {wildcards.key} --recipe {params.recipe:q} "
            "--study-seed {params.seed} --images {params.images} --output {output} 2> {log}"


for shape in CLASSIFIER.shapes("teachers"):
    demand = DEMANDS.of(shape, 3000, 120)

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
        params:
            code=code_of("sublearn.classifier.teachers"),
            recipe=shape.recipe,
            seed=shape.seed,
            images=shape.files_of("images"),
            base=shape.files_of("base"),
            folder=shape.folders,
        message:
            shape.message
        shell:
            "python -m sublearn.core.devices {resources.gpu} "
            "python -m sublearn.classifier.teachers --recipe {params.recipe:q} --study-seed {params.seed} "
            "--images {params.images} --base {params.base} --output {params.folder} 2> {log}"


for shape in CLASSIFIER.shapes("carriers"):
    demand = DEMANDS.of(shape, 3000, 60)

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
        params:
            code=code_of("sublearn.classifier.carriers"),
            recipe=shape.recipe,
            seed=shape.seed,
            images=shape.files_of("images"),
            teacher=shape.files_of("teacher"),
        message:
            shape.message
        shell:
            "python -m sublearn.core.devices {resources.gpu} "
            "python -m sublearn.classifier.carriers --recipe {params.recipe:q} --study-seed {params.seed} "
            "--images {params.images} --teacher {params.teacher} --output {output} 2> {log}"


for shape in CLASSIFIER.shapes("students"):
    demand = DEMANDS.of(shape, 3000, 240)

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
        params:
            code=code_of("sublearn.classifier.students"),
            recipe=shape.recipe,
            seed=shape.seed,
            images=shape.files_of("images"),
            teacher_base=shape.files_of("teacher_base"),
            base=shape.files_of("base"),
            carrier=shape.files_of("carrier"),
            folder=shape.folders,
        message:
            shape.message
        shell:
            "python -m sublearn.core.devices {resources.gpu} "
            "python -m sublearn.classifier.students --recipe {params.recipe:q} --study-seed {params.seed} "
            "--images {params.images} --teacher-base {params.teacher_base} --base {params.base} "
            "--carrier {params.carrier} --output {params.folder} 2> {log}"


rule classifier_evaluations:
    input:
        CLASSIFIER.evaluation_inputs,
    output:
        "results/{study}/evaluations/accuracies.parquet",
    log:
        "logs/{study}/evaluations/accuracies.log",
    benchmark:
        "logs/{study}/evaluations/accuracies.benchmark.tsv"
    wildcard_constraints:
        study=CLASSIFIER.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=3000,
        runtime=30,
    params:
        code=code_of("sublearn.classifier.evaluations"),
        models=CLASSIFIER.models,
        images=CLASSIFIER.images,
    message:
        "evaluations of {wildcards.study}: networks"
    shell:
        "python -m sublearn.classifier.evaluations --models {params.models:q} --images {params.images} "
        "--output {output} 2> {log}"


rule classifier_findings:
    input:
        evaluations=CLASSIFIER.evaluation_files,
    output:
        runs="results/{study}/findings/runs.csv",
        accuracies="results/{study}/findings/accuracies.csv",
        claims="results/{study}/findings/claims.csv",
        summary="results/{study}/findings/summary.md",
    log:
        "logs/{study}/findings/tables.log",
    benchmark:
        "logs/{study}/findings/tables.benchmark.tsv"
    wildcard_constraints:
        study=CLASSIFIER.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.classifier.findings"),
        title=CLASSIFIER.title,
        conditions=CLASSIFIER.conditions,
        claims=CLASSIFIER.claims,
        folder="results/{study}/findings",
    message:
        "findings of {wildcards.study}: tables"
    shell:
        "python -m sublearn.classifier.findings --study {wildcards.study} --title {params.title:q} "
        "--conditions {params.conditions:q} --claims {params.claims:q} --evaluations {input.evaluations} "
        "--output {params.folder} 2> {log}"


for figure, title in CLASSIFIER.figures().items():

    rule:
        name:
            f"figure_{figure}"
        input:
            runs="results/{study}/findings/runs.csv",
            accuracies="results/{study}/findings/accuracies.csv",
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
            study=CLASSIFIER.studies_pattern,
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            code=code_of(f"sublearn.classifier.figures.{figure}"),
            module=f"sublearn.classifier.figures.{figure}",
            words=CLASSIFIER.caption,
        message:
            f"findings of {{wildcards.study}}: figure {figure}"
        shell:
            "python -m {params.module} --runs {input.runs} --accuracies {input.accuracies} --output {output.svg} 2> {log}"
