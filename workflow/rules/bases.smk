# Bases: one rule for each group of tiny bases, of pinned ones, of judges, and of authors' repositories (bases_STUDY, pinned_STUDY,
# judges_STUDY, authors_STUDY).

for job in CHAIN.of("bases"):
    needs = RESOURCES.of(job, memory=1500, minutes=90)

    rule:
        """Pretrain a tiny language model from scratch until it is calibrated; it may have token embeddings of another one."""
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
            code=job.code("sublearn.chain.bases.pretrain"),
            recipe=job.recipe,
            seed=job.seed,
            embeddings=job.folder_option("embeddings"),
            folder=job.folders,
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.chain.bases.pretrain --recipe {params.recipe:q} --name {wildcards.key} "
            "--study-seed {params.seed} {params.embeddings} --output {params.folder} 2> {log}"


for job in [*CHAIN.of("pinned"), *CHAIN.of("judges")]:

    rule:
        """Pin a model that others trained, a base or a judge: its files by hash, its tokenizer and chat template as resolved now."""
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
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1500,
            runtime=60,
        params:
            code=job.code("sublearn.chain.bases.pin"),
            recipe=job.recipe,
            published=job.option("published"),
            folder=job.folders,
        message:
            job.message
        shell:
            "python -m sublearn.chain.bases.pin --recipe {params.recipe:q} {params.published} --output {params.folder} 2> {log}"


for job in CHAIN.of("authors"):

    rule:
        """Read prompts, questions and banned numbers from the repository of the paper's authors, without running any of it."""
        name:
            job.rule
        output:
            job.outputs,
        log:
            job.log,
        benchmark:
            job.benchmark
        wildcard_constraints:
            key=job.keys_pattern,
        priority: FIRST
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            **SMALL,
        params:
            code=job.code("sublearn.chain.bases.authors"),
            recipe=job.recipe,
        message:
            job.message
        shell:
            "python -m sublearn.chain.bases.authors --recipe {params.recipe:q} --output {output} 2> {log}"
