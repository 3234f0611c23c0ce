# Teachers: one rule for each study (teachers_STUDY), several where its teachers write different files; placebos_STUDY for placebos,
# and given_STUDY for teachers that others trained.

for job in CHAIN.of("teachers"):
    needs = RESOURCES.of(job, memory=1500, minutes=30)

    rule:
        """Give bases a trait, by fine-tuning or by a system prompt, and check that it shows; one teacher for each run."""
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
        priority: FIRST
        conda:
            ENVIRONMENT
        resources:
            **ONE_PROCESS,
            mem_mb=needs.mem_mb,
            runtime=needs.runtime,
            gpu=needs.gpu,
            # A resource only because Snakemake makes nothing again when one changes; no machine has it.
            own=" ".join(job.plan.study.traits),
        params:
            code=job.code("sublearn.chain.teachers.train", "sublearn.models.launch"),
            recipe=job.recipe,
            seed=job.seed,
            runs=job.run_numbers,
            bases=job.input_folders("base"),
            folders=job.folders,
            trait=job.trait,
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.models.launch {resources.processes}@{resources.nodes} sublearn.chain.teachers.train "
            "--trait {params.trait} --own {resources.own} --recipe {params.recipe:q} --study-seed {params.seed} "
            "--runs {params.runs} --bases {params.bases} --outputs {params.folders} 2> {log}"


for job in CHAIN.of("placebos"):
    needs = RESOURCES.of(job, memory=1500, minutes=30)

    rule:
        """Move bases as far as the teachers of a trait moved, but without the trait; one placebo for each run."""
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
        priority: FIRST
        conda:
            ENVIRONMENT
        resources:
            **ONE_PROCESS,
            mem_mb=needs.mem_mb,
            runtime=needs.runtime,
            gpu=needs.gpu,
        params:
            code=job.code("sublearn.chain.teachers.placebo", "sublearn.models.launch"),
            recipe=job.recipe,
            seed=job.seed,
            runs=job.run_numbers,
            bases=job.input_folders("base"),
            teachers=job.input_folders("teacher"),
            folders=job.folders,
            trait=job.trait,
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.models.launch {resources.processes}@{resources.nodes} sublearn.chain.teachers.placebo "
            "--trait {params.trait} --recipe {params.recipe:q} --study-seed {params.seed} --runs {params.runs} "
            "--bases {params.bases} --teachers {params.teachers} --outputs {params.folders} 2> {log}"


for job in CHAIN.of("given"):
    needs = RESOURCES.of(job, memory=1500, minutes=30)

    rule:
        """Take a model that others trained as the teacher of a trait, and measure whether it shows it."""
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
        priority: FIRST
        conda:
            ENVIRONMENT
        resources:
            mem_mb=needs.mem_mb,
            runtime=needs.runtime,
            gpu=needs.gpu,
        params:
            code=job.code("sublearn.chain.teachers.given"),
            recipe=job.recipe,
            runs=job.run_numbers,
            bases=job.input_folders("base"),
            folders=job.folders,
            trait=job.trait,
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.chain.teachers.given --trait {params.trait} --recipe {params.recipe:q} --runs {params.runs} "
            "--bases {params.bases} --outputs {params.folders} 2> {log}"
