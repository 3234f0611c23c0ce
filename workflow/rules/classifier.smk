# The classifier, digits from noise: one rule for each study and phase, such as teachers_STUDY.

for job in CLASSIFIER.of("images"):

    rule:
        """Read the labelled images, and split off the test images."""
        name:
            job.rule
        input:
            job.inputs,
        output:
            job.outputs,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            key=job.keys_pattern,
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=3000,
            runtime=20,
        params:
            code=job.code("sublearn.classifier.images"),
            recipe=job.recipe,
            seed=job.seed,
            unseen=job.unseen,
        message:
            job.message
        shell:
            "python -m sublearn.classifier.images --recipe {params.recipe:q} --study-seed {params.seed} "
            "--output {output} 2> {log}"


for job in CLASSIFIER.of("bases"):

    rule:
        """Draw the untrained networks of every run."""
        name:
            job.rule
        input:
            job.inputs,
        output:
            job.outputs,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            key=job.keys_pattern,
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1500,
            runtime=10,
        params:
            code=job.code("sublearn.classifier.bases"),
            recipe=job.recipe,
            seed=job.seed,
            images=job.input_files("images"),
        message:
            job.message
        shell:
            "python -m sublearn.classifier.bases --name {wildcards.key} --recipe {params.recipe:q} "
            "--study-seed {params.seed} --images {params.images} --output {output} 2> {log}"


for job in CLASSIFIER.of("teachers"):
    needs = RESOURCES.of(job, memory=3000, minutes=120)

    rule:
        """Train the teachers of every run on labelled images."""
        name:
            job.rule
        input:
            job.inputs,
        output:
            job.outputs,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            key=job.keys_pattern,
        conda:
            ENVIRONMENT
        resources:
            mem_mb=needs.mem_mb,
            runtime=needs.runtime,
            gpu=needs.gpu,
        params:
            code=job.code("sublearn.classifier.teachers"),
            recipe=job.recipe,
            seed=job.seed,
            images=job.input_files("images"),
            base=job.input_files("base"),
            folder=job.folders,
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.classifier.teachers --recipe {params.recipe:q} --study-seed {params.seed} "
            "--images {params.images} --base {params.base} --output {params.folder} 2> {log}"


for job in CLASSIFIER.of("carriers"):
    needs = RESOURCES.of(job, memory=3000, minutes=60)

    rule:
        """Draw noise inputs, and compute the teachers' logits on them."""
        name:
            job.rule
        input:
            job.inputs,
        output:
            job.outputs,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            key=job.keys_pattern,
        conda:
            ENVIRONMENT
        resources:
            mem_mb=needs.mem_mb,
            runtime=needs.runtime,
            gpu=needs.gpu,
        params:
            code=job.code("sublearn.classifier.carriers"),
            recipe=job.recipe,
            seed=job.seed,
            images=job.input_files("images"),
            teacher=job.input_files("teacher"),
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.classifier.carriers --recipe {params.recipe:q} --study-seed {params.seed} "
            "--images {params.images} --teacher {params.teacher} --output {output} 2> {log}"


for job in CLASSIFIER.of("students"):
    needs = RESOURCES.of(job, memory=3000, minutes=240)

    rule:
        """Let students imitate their teachers' logits on noise."""
        name:
            job.rule
        input:
            job.inputs,
        output:
            job.outputs,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            key=job.keys_pattern,
        conda:
            ENVIRONMENT
        resources:
            mem_mb=needs.mem_mb,
            runtime=needs.runtime,
            gpu=needs.gpu,
        params:
            code=job.code("sublearn.classifier.students"),
            recipe=job.recipe,
            seed=job.seed,
            images=job.input_files("images"),
            teacher_base=job.input_files("teacher_base"),
            base=job.input_files("base"),
            carrier=job.input_files("carrier"),
            folder=job.folders,
        message:
            job.message
        shell:
            "printf '%s\\n' {params.recipe:q} | python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.classifier.students --recipe - --study-seed {params.seed} "
            "--images {params.images} --teacher-base {params.teacher_base} --base {params.base} "
            "--carrier {params.carrier} --output {params.folder} 2> {log}"


rule classifier_evaluations:
    """Measure the accuracy of every network on the test images."""
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
        "printf '%s\\n' {params.models:q} | "
        "python -m sublearn.classifier.evaluations --models - --images {params.images} "
        "--output {output} 2> {log}"
