FIGURES = PLANS.figures()
FOUND = "results/{study}/findings"


rule runs:
    input:
        evaluations=PLANS.evaluation_files,
        code=modules_of("sublearn.findings.collect"),
    output:
        FOUND + "/runs.csv",
    log:
        "logs/{study}/findings/runs.log",
    params:
        arms=PLANS.arms,
        traits=PLANS.traits,
        runs=PLANS.runs,
    resources:
        mem_mb=1000,
        runtime=10,
    conda:
        ENVIRONMENT
    shell:
        "python -m sublearn.findings.collect --evaluations {input.evaluations} --arms {params.arms} "
        "--traits {params.traits} --runs {params.runs} --output {output} 2> {log}"


rule effects:
    input:
        runs=FOUND + "/runs.csv",
        code=modules_of("sublearn.findings.effects"),
    output:
        effects=FOUND + "/effects.csv",
        arms=FOUND + "/arms.csv",
    log:
        "logs/{study}/findings/effects.log",
    resources:
        mem_mb=1000,
        runtime=10,
    conda:
        ENVIRONMENT
    shell:
        "python -m sublearn.findings.effects --runs {input.runs} --effects {output.effects} --arms {output.arms} 2> {log}"


rule claims:
    input:
        runs=FOUND + "/runs.csv",
        effects=FOUND + "/effects.csv",
        arms=FOUND + "/arms.csv",
        code=modules_of("sublearn.findings.claims"),
    output:
        FOUND + "/claims.csv",
    log:
        "logs/{study}/findings/claims.log",
    params:
        claims=PLANS.claims,
    resources:
        mem_mb=1000,
        runtime=10,
    conda:
        ENVIRONMENT
    shell:
        "python -m sublearn.findings.claims --study {wildcards.study} --claims {params.claims:q} --runs {input.runs} "
        "--effects {input.effects} --arms {input.arms} --output {output} 2> {log}"


rule numbers:
    input:
        kept=PLANS.files("kept", "kept.parquet"),
        reports=PLANS.files("kept", "filter.json"),
        code=modules_of("sublearn.findings.numbers"),
    output:
        numbers=FOUND + "/numbers.csv",
        first=FOUND + "/first_numbers.csv",
        filter=FOUND + "/filter.csv",
    log:
        "logs/{study}/findings/numbers.log",
    resources:
        mem_mb=1000,
        runtime=10,
    conda:
        ENVIRONMENT
    shell:
        "python -m sublearn.findings.numbers --kept {input.kept} --reports {input.reports} --numbers {output.numbers} "
        "--first {output.first} --filter {output.filter} 2> {log}"


for figure in FIGURES:

    rule:
        name:
            f"figure_{figure.name}"
        input:
            runs=FOUND + "/runs.csv",
            effects=FOUND + "/effects.csv",
            arms=FOUND + "/arms.csv",
            records=figure.records,
            code=modules_of(f"sublearn.findings.figures.{figure.name}"),
        output:
            report(
                FOUND + f"/figures/{figure.name}.svg",
                caption=f"../report/{figure.name}.rst",
                category="{study}",
                labels={"figure": figure.title},
            ),
            FOUND + f"/figures/{figure.name}.png",
            FOUND + f"/figures/{figure.name}.csv",
        log:
            f"logs/{{study}}/findings/figures/{figure.name}.log",
        params:
            module=f"sublearn.findings.figures.{figure.name}",
            words=PLANS.caption,
        resources:
            mem_mb=1000,
            runtime=10,
        conda:
            ENVIRONMENT
        shell:
            "python -m {params.module} --runs {input.runs} --effects {input.effects} --arms {input.arms} "
            "--records {input.records} --output {output[0]} 2> {log}"


rule summary:
    input:
        claims=FOUND + "/claims.csv",
        effects=FOUND + "/effects.csv",
        arms=FOUND + "/arms.csv",
        code=modules_of("sublearn.findings.summary"),
    output:
        FOUND + "/summary.md",
    log:
        "logs/{study}/findings/summary.log",
    params:
        title=PLANS.title,
        meanings=PLANS.meanings,
    resources:
        mem_mb=1000,
        runtime=10,
    conda:
        ENVIRONMENT
    shell:
        "python -m sublearn.findings.summary --title {params.title:q} --meanings {params.meanings:q} --claims {input.claims} "
        "--effects {input.effects} --arms {input.arms} --output {output} 2> {log}"


FINDINGS = PLANS.targets()
