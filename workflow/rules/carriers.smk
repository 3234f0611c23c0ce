# Carriers: prompts, what teachers wrote (raw) or what others published (imported), what passed the filter (filtered), a judge's
# scores of it (scored) and what these leave (kept), and transforms of the rows that are left and selections among them. One rule for
# each study and step, such as filtered_STUDY; transforms and selections have rules of their name, such as shuffled_within_STUDY.

for job in CHAIN.of("prompts"):

    rule:
        """Draw the prompts of each run, the same for all of its teachers."""
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
            **SMALL,
        params:
            code=job.code("sublearn.chain.carriers.prompts"),
            recipe=job.recipe,
            seed=job.seed,
            runs=job.run_numbers,
            published=job.option("published"),
        message:
            job.message
        shell:
            "python -m sublearn.chain.carriers.prompts --recipe {params.recipe:q} --study-seed {params.seed} "
            "--runs {params.runs} {params.published} --outputs {output} 2> {log}"


for job in CHAIN.of("raw"):
    needs = RESOURCES.of(job, memory=1500, minutes=30)

    rule:
        """Let the teachers of a trait answer their prompts."""
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
            trial=CHAIN.trial(job),
        params:
            code=job.code("sublearn.chain.carriers.sample", "sublearn.models.launch"),
            recipe=job.recipe,
            seed=job.seed,
            teacher=job.teacher,
            runs=job.run_numbers,
            prompts=job.input_files("prompts"),
            bases=job.input_folders("base"),
            teachers=job.input_folders("teacher"),
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.models.launch {resources.processes}@{resources.nodes} sublearn.chain.carriers.sample "
            "--teacher {params.teacher} --recipe {params.recipe:q} --trial {resources.trial:q} --study-seed {params.seed} "
            "--runs {params.runs} --prompts {params.prompts} --bases {params.bases} --teachers {params.teachers} --outputs {output} 2> {log}"


for job in CHAIN.of("imported"):

    rule:
        """Take rows that others have published as what a teacher wrote."""
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
            code=job.code("sublearn.chain.carriers.import_rows"),
            recipe=job.recipe,
            runs=job.run_numbers,
        message:
            job.message
        shell:
            "printf '%s\\n' {params.recipe:q} | "
            "python -m sublearn.chain.carriers.import_rows --recipe - --runs {params.runs} --outputs {output} 2> {log}"


for job in CHAIN.of("filtered"):

    rule:
        """Keep the rows that pass the carrier's rules, count why others are rejected, and search for trait words."""
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
            **SMALL,
        params:
            code=job.code("sublearn.chain.carriers.filter"),
            recipe=job.recipe,
            words=job.by_trait(job.plan.leak_words),
            counted=job.plan.counted_words,
            published=job.option("published"),
            raw=job.input_files("raw"),
            filtered=job.files("filtered.parquet"),
            rejected=job.files("rejected.parquet"),
            report=job.files("filter.json"),
        message:
            job.message
        shell:
            "python -m sublearn.chain.carriers.filter --recipe {params.recipe:q} --words {params.words:q} "
            "--counted {params.counted:q} {params.published} --raw {params.raw} --filtered {params.filtered} "
            "--rejected {params.rejected} --report {params.report} 2> {log}"


for job in CHAIN.of("scored"):
    needs = RESOURCES.of(job, memory=1500, minutes=30)

    rule:
        """Let a judge score the rows that passed."""
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
            code=job.code("sublearn.chain.carriers.score"),
            recipe=job.recipe,
            filtered=job.input_files("filtered"),
        message:
            job.message
        shell:
            "python -m sublearn.models.gpu_lock {resources.gpu} "
            "python -m sublearn.chain.carriers.score --recipe {params.recipe:q} --filtered {params.filtered} "
            "--outputs {output} 2> {log}"


for job in CHAIN.of("kept"):

    rule:
        """Leave out the rows that a judge scored at its threshold or above."""
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
            **SMALL,
        params:
            code=job.code("sublearn.chain.carriers.keep"),
            recipe=job.recipe,
            filtered=job.input_files("filtered"),
            scores=job.input_files("scores"),
            kept=job.files("kept.parquet"),
            reports=job.files("kept.json"),
        message:
            job.message
        shell:
            "python -m sublearn.chain.carriers.keep --recipe {params.recipe:q} --filtered {params.filtered} "
            "--scores {params.scores} --outputs {params.kept} --reports {params.reports} 2> {log}"


for job in CHAIN.changed_rows(selects=False):

    rule:
        """Transform the rows that passed, such as by shuffling their numbers."""
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
            **SMALL,
        params:
            code=job.code("sublearn.chain.carriers.transform"),
            recipe=job.recipe,
            seed=job.seed,
            runs=job.run_numbers,
            filtered=job.input_files("filtered"),
        message:
            job.message
        shell:
            "python -m sublearn.chain.carriers.transform --recipe {params.recipe:q} --study-seed {params.seed} "
            "--runs {params.runs} --filtered {params.filtered} --outputs {output} 2> {log}"


for job in CHAIN.changed_rows(selects=True):

    rule:
        """Choose rows that are like the neutral teacher's, such as in how often each number is written."""
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
            **SMALL,
        params:
            code=job.code("sublearn.chain.carriers.select"),
            recipe=job.recipe,
            seed=job.seed,
            runs=job.run_numbers,
            filtered=job.input_files("filtered"),
            references=job.input_files("reference"),
            rows=job.files(f"{job.kind}.parquet"),
            reports=job.files(f"{job.kind}.json"),
        message:
            job.message
        shell:
            "python -m sublearn.chain.carriers.select --recipe {params.recipe:q} --study-seed {params.seed} "
            "--runs {params.runs} --filtered {params.filtered} --references {params.references} --outputs {params.rows} "
            "--reports {params.reports} 2> {log}"
