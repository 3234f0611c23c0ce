"""Estimate a study's cost, and list what already exists.

sublearn estimate llama-3.2-1b --tflops 400 --terabytes 3.0
"""

import argparse

from sublearn.chain.estimate import Estimate, table
from sublearn.chain.plan import ChainPlan
from sublearn.core.errors import UserError
from sublearn.orchestration.workflow import plan, use_configured_extensions


def main(args: argparse.Namespace) -> None:
    if args.processes < 1:
        raise UserError(f"--processes: found {args.processes}; a whole number from 1 on is right.")
    for name in ("tflops", "terabytes"):
        if not getattr(args, name) > 0:
            raise UserError(f"--{name}: found {getattr(args, name):g}; a rate above zero is right.")
    use_configured_extensions()
    chosen = plan(args.study)
    if not isinstance(chosen, ChainPlan):
        raise UserError(f"{args.study}: not a study of language models; estimates are of these.")
    estimate = Estimate(chosen.study, args.tflops * 1e12, args.terabytes * 1e12, args.processes)
    print("\n".join(table(chosen, estimate)))
    if all(estimate.size(base) is None for base in chosen.study.bases.values()):
        print("These models run on the processor; estimates are of GPUs. docs/findings.md has the times of our studies.")


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="sublearn estimate", description=__doc__.splitlines()[0])
    options.add_argument("study", help="the study's name in config/studies, or the path of a YAML file")
    options.add_argument("--tflops", type=float, default=400.0, help="10^12 operations per second of the GPU")
    options.add_argument("--terabytes", type=float, default=3.0, help="10^12 bytes per second of the GPU's memory")
    options.add_argument(
        "--processes", type=int, default=1, help="processes that train one model, a GPU each; memory is given per GPU"
    )
    return options
