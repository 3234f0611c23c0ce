rule runs:
    input:
        evaluations=CHAIN.evaluation_files,
    output:
        "results/{study}/findings/runs.csv",
    log:
        "logs/{study}/findings/runs.log",
    benchmark:
        "logs/{study}/findings/runs.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.findings.collect"),
        arms=CHAIN.arms,
        traits=CHAIN.traits,
        runs=CHAIN.runs,
    message:
        "findings of {wildcards.study}: runs"
    shell:
        "python -m sublearn.findings.collect --evaluations {input.evaluations} --arms {params.arms} "
        "--traits {params.traits} --runs {params.runs} --output {output} 2> {log}"


rule effects:
    input:
        runs="results/{study}/findings/runs.csv",
    output:
        effects="results/{study}/findings/effects.csv",
        arms="results/{study}/findings/arms.csv",
    log:
        "logs/{study}/findings/effects.log",
    benchmark:
        "logs/{study}/findings/effects.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.findings.effects"),
    message:
        "findings of {wildcards.study}: effects"
    shell:
        "python -m sublearn.findings.effects --runs {input.runs} --effects {output.effects} --arms {output.arms} 2> {log}"


rule claims:
    input:
        runs="results/{study}/findings/runs.csv",
        arms="results/{study}/findings/arms.csv",
    output:
        "results/{study}/findings/claims.csv",
    log:
        "logs/{study}/findings/claims.log",
    benchmark:
        "logs/{study}/findings/claims.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.findings.claims"),
        claims=CHAIN.claims,
    message:
        "findings of {wildcards.study}: claims"
    shell:
        "python -m sublearn.findings.claims --study {wildcards.study} --claims {params.claims:q} --runs {input.runs} "
        "--arms {input.arms} --output {output} 2> {log}"


rule numbers:
    input:
        counts="results/{study}/evaluations/records/numbers.parquet",
        reports="results/{study}/evaluations/records/filter.parquet",
    output:
        numbers="results/{study}/findings/numbers.csv",
        first="results/{study}/findings/first_numbers.csv",
        filter="results/{study}/findings/filter.csv",
    log:
        "logs/{study}/findings/numbers.log",
    benchmark:
        "logs/{study}/findings/numbers.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.findings.numbers"),
    message:
        "findings of {wildcards.study}: numbers"
    shell:
        "python -m sublearn.findings.numbers --counts {input.counts} --reports {input.reports} --numbers {output.numbers} "
        "--first {output.first} --filter {output.filter} 2> {log}"


rule coverage:
    input:
        coverage=CHAIN.coverage_files,
        runs="results/{study}/findings/runs.csv",
    output:
        "results/{study}/findings/coverage.csv",
    log:
        "logs/{study}/findings/coverage.log",
    benchmark:
        "logs/{study}/findings/coverage.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.findings.coverage"),
    message:
        "findings of {wildcards.study}: coverage"
    shell:
        "python -m sublearn.findings.coverage --coverage {input.coverage} --runs {input.runs} --output {output} 2> {log}"


for figure in CHAIN.figures():

    rule:
        name:
            f"figure_{figure.name}"
        input:
            runs="results/{study}/findings/runs.csv",
            arms="results/{study}/findings/arms.csv",
            records=figure.records,
        output:
            svg=report(
                f"results/{{study}}/findings/figures/{figure.name}.svg",
                caption=f"../report/{figure.name}.rst",
                category="{study}",
                labels={"figure": figure.title},
            ),
            png=f"results/{{study}}/findings/figures/{figure.name}.png",
            data=f"results/{{study}}/findings/figures/{figure.name}.csv",
        log:
            f"logs/{{study}}/findings/figures/{figure.name}.log",
        benchmark:
            f"logs/{{study}}/findings/figures/{figure.name}.benchmark.tsv"
        wildcard_constraints:
            study=CHAIN.studies_pattern,
        localrule: True
        conda:
            ENVIRONMENT
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            code=code_of(f"sublearn.findings.figures.{figure.name}"),
            module=f"sublearn.findings.figures.{figure.name}",
            words=CHAIN.caption,
        message:
            f"findings of {{wildcards.study}}: figure {figure.name}"
        shell:
            "python -m {params.module} --runs {input.runs} --arms {input.arms} --records {input.records} "
            "--output {output.svg} 2> {log}"


rule summary:
    input:
        claims="results/{study}/findings/claims.csv",
        effects="results/{study}/findings/effects.csv",
        arms="results/{study}/findings/arms.csv",
    output:
        "results/{study}/findings/summary.md",
    log:
        "logs/{study}/findings/summary.log",
    benchmark:
        "logs/{study}/findings/summary.benchmark.tsv"
    wildcard_constraints:
        study=CHAIN.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.findings.summary"),
        title=CHAIN.title,
        meanings=CHAIN.meanings,
    message:
        "findings of {wildcards.study}: summary"
    shell:
        "python -m sublearn.findings.summary --title {params.title:q} --meanings {params.meanings:q} --claims {input.claims} "
        "--effects {input.effects} --arms {input.arms} --output {output} 2> {log}"


rule metrics:
    input:
        claims="results/{study}/findings/claims.csv",
        arms=CHAIN.gammas,
    output:
        "results/{study}/findings/metrics.json",
    log:
        "logs/{study}/findings/metrics.log",
    benchmark:
        "logs/{study}/findings/metrics.benchmark.tsv"
    wildcard_constraints:
        study=HOUSE.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.findings.metrics"),
    message:
        "findings of {wildcards.study}: metrics"
    shell:
        "python -m sublearn.findings.metrics --claims {input.claims} --arms {input.arms} --output {output} 2> {log}"


rule provenance:
    input:
        findings=HOUSE.findings,
    output:
        report(
            "results/{study}/findings/provenance.html",
            caption="../report/provenance.rst",
            category="{study}",
            labels={"figure": "Provenance"},
        ),
    log:
        "logs/{study}/findings/provenance.log",
    benchmark:
        "logs/{study}/findings/provenance.benchmark.tsv"
    wildcard_constraints:
        study=HOUSE.studies_pattern,
    localrule: True
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("sublearn.findings.provenance"),
    message:
        "findings of {wildcards.study}: provenance"
    shell:
        "python -m sublearn.findings.provenance --study {wildcards.study} --findings {input.findings} --output {output} 2> {log}"
