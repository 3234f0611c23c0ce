# make reproduce   the default studies from nothing: figures, tables, results/scorecard.html, results/report.html
# make figures     figures, tables and scorecard again from the published evaluations, without training; says whether tables and
#                  figures are the committed ones
# make publish     record and ship what the default studies made; says what to commit
# make test        the test suite; make test-all adds the slow end-to-end tests
# make check       only formats, lint, types, imports between packages, and the documentation's links
# make docs        README and docs/ as a site, in site/
# make setup       the developer's environment, in .venv; make lock writes its versions down
# make dvc.yaml    DVC's stage, from the default studies
# make diagrams    docs/rulegraph.svg and docs/architecture.svg; needs Graphviz
# make clean       removes the environment, logs and all artifacts, but not what git keeps
#
# The slow tests install and start SLURM where they may (as root, or by sudo without a password).

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)
SNAKEMAKE := .venv/bin/python -m snakemake
SUBLEARN := .venv/bin/python -m sublearn

.PHONY: help reproduce figures publish dvc.yaml test test-all check docs diagrams setup lock clean
.PHONY: check-types check-formats check-workflow check-pages

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

# At the end the tables are compared with the committed ones. If git cannot say which those are, this stops before it replaces them.
reproduce: .venv/train
	@$(SUBLEARN) compare --dry-run
	$(SNAKEMAKE) --cores all --forceall
	$(SNAKEMAKE) --report results/report.html > logs/report.log 2>&1 || (cat logs/report.log; exit 1)
	$(SUBLEARN) compare

# With findings_only there are no rules that train; where an evaluation is missing, it stops.
figures: .venv/base
	$(SUBLEARN) pull
	$(SNAKEMAKE) --cores all --forceall --config findings_only=true
	$(SUBLEARN) compare --strict

publish: .venv/base
	$(SUBLEARN) publish

dvc.yaml: .venv/base
	$(SUBLEARN) dvc-yaml > .venv/dvc.yaml
	mv .venv/dvc.yaml $@

test: check
	.venv/bin/python -m pytest -n 2 -m "not slow"

test-all: test
	.venv/bin/python -m pytest -m slow

# Two at a time.
check: .venv/dev
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check-types check-formats check-workflow check-pages

check-types:
	.venv/bin/mypy

check-formats:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/snakefmt --check Snakefile workflow/rules

check-workflow:
	.venv/bin/lint-imports --no-cache
	$(SNAKEMAKE) --lint

# With --quiet, MkDocs would not count its warnings.
check-pages:
	.venv/bin/mkdocs build --strict --site-dir .venv/site > .venv/site.log 2>&1 || (cat .venv/site.log; exit 1)

docs: .venv/dev
	.venv/bin/mkdocs build --strict

# The first shows rules without the name of their study, the second only the imports that others do not already imply.
diagrams: .venv/dev
	$(SNAKEMAKE) --rulegraph --config studies='[tiny]' | sed 's/_tiny"/"/; s/, color = "[^"]*"//' | \
	  dot -Grankdir=LR -Ncolor=steelblue -Nheight=0.35 -Tsvg -o docs/rulegraph.svg
	.venv/bin/python docs/architecture.py | tred | dot -Tsvg -o docs/architecture.svg

setup: .venv/dev

# Three environments, each within the next, in one folder: the reviewer's, the one that trains, the developer's.
INSTALL := .venv/bin/python -m pip install --quiet --constraint envs/lock.txt --editable

.venv/base: pyproject.toml envs/lock.txt
	@"$(PYTHON)" -c '' || \
	  { echo "error: $(PYTHON) cannot be run; name a Python of 3.11 or newer, such as make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than 3.11; name a newer one, such as make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2> /dev/null || \
	  { echo "error: $(PYTHON) has no venv module; install it (on Debian and Ubuntu: apt install python3-venv) and run make again" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
	@echo "installing into .venv: about a minute, once"
	$(INSTALL) .
	@touch $@

.venv/train: .venv/base
	@command -v which > /dev/null || \
	  { echo "error: Snakemake's SLURM plugin calls the program which; install it (on Debian: apt install debianutils)" >&2; exit 1; }
	@echo "installing what training needs: about 3 minutes, once"
	$(INSTALL) '.[train,slurm]'
	@touch $@

.venv/dev: .venv/train
	$(INSTALL) '.[train,slurm,dev]'
	@touch $@

# The versions installed here become those that everyone installs. pip prints 2.13.0+cpu for a build that is in no registry.
lock: .venv/dev
	(sed -n '/^#/p' envs/lock.txt; .venv/bin/python -m pip freeze --exclude-editable | sed 's/+[a-z0-9.]*$$//') > .venv/lock.txt
	mv .venv/lock.txt envs/lock.txt

# What is in git, and what a user brought, stays.
clean:
	rm -rf .venv site logs .snakemake results/*/students results/*/evaluations
	find data -mindepth 1 -maxdepth 1 -type d ! -name store ! -name released ! -name weights ! -name mnist -exec rm -r {} +
