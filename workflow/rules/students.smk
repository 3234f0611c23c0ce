# Students: one rule for each study and kind of weights (students_STUDY, students_STUDY__2 …).

for job in CHAIN.of("students"):
    needs = RESOURCES.of(job, memory=1500, minutes=60)

    rule:
        """Fine-tune fresh bases on the rows of one arm and trait; one student for each run."""
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
        priority: NEXT
        conda:
            ENVIRONMENT
        resources:
            **ONE_PROCESS,
            mem_mb=needs.mem_mb,
            runtime=needs.runtime,
            gpu=needs.gpu,
        params:
            code=job.code("sublearn.chain.students.train", "sublearn.models.launch"),
            recipe=job.recipe,
            seed=job.seed,
            words=job.by_trait(job.plan.leak_words),
            runs=job.run_numbers,
            bases=job.input_folders("base"),
            teachers=job.input_folders("teacher"),
            carriers=job.input_files("carrier"),
            folders=job.folders,
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.models.launch {resources.processes}@{resources.nodes} sublearn.chain.students.train "
            "--recipe {params.recipe:q} --words {params.words:q} --study-seed {params.seed} --runs {params.runs} "
            "--bases {params.bases} --teachers {params.teachers} --carriers {params.carriers} "
            "--outputs {params.folders} 2> {log}"
