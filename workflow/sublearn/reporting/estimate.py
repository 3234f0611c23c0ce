"""Estimate a study's cost, list what already exists, and say how long the rest will take at the pace of what was made here.

sublearn estimate llama-3.2-1b --tflops 400 --terabytes 3.0
"""

import argparse
import math

from sublearn.chain.bases.section import PinnedBase
from sublearn.chain.estimate import Estimate, Phase, phases, table
from sublearn.chain.plan import ChainPlan
from sublearn.core.errors import UserError
from sublearn.models import shapes
from sublearn.models.shapes import Shape
from sublearn.orchestration.workflow import add_extensions, plan, use_configured_extensions
from sublearn.reporting import costs


def pace(by_phase: dict[str, Phase], spent: dict[str, float]) -> str:
    """How long the rest will take, in a sentence; nothing if it cannot be told, or if nothing is left.

    What was made took so many times its estimate; the rest of its phase will take as many. A phase of which nothing was made
    takes as many times its estimate as all others together. What was made elsewhere, or has been removed, spoils the pace.

    Args:
        spent: seconds that the jobs of each phase took on this machine.
    """
    expected = {name: sum(cost.seconds for cost in phase.existing) for name, phase in by_phase.items()}
    left = {name: sum(cost.seconds for cost in phase.missing) for name, phase in by_phase.items()}
    timed = [name for name in by_phase if expected[name] and spent.get(name)]
    if not timed or not any(left.values()):
        return ""
    of_all = sum(spent[name] for name in timed) / sum(expected[name] for name in timed)
    ratios = {name: spent[name] / expected[name] if name in timed else of_all for name in by_phase}
    hours = sum(left[name] * ratios[name] for name in by_phase) / 3600
    made = sum(spent[name] for name in timed) / 3600
    return (
        f"What is there took {made:.1f} hours of jobs here; at that pace the rest takes {hours:.1f} hours, one job at a time."
    )


def main(args: argparse.Namespace) -> None:
    if args.processes < 1:
        raise UserError(f"--processes: found {args.processes}; a whole number from 1 on is right.")
    for name in ("tflops", "terabytes"):
        if not 0 < getattr(args, name) < math.inf:
            raise UserError(f"--{name}: found {getattr(args, name):g}; a finite rate above zero is right.")
    use_configured_extensions(args.extensions)
    chosen = plan(args.study)
    if not isinstance(chosen, ChainPlan):
        raise UserError(f"{args.study}: not a study of language models; estimates are of these.")
    estimate = Estimate(chosen.study, args.tflops * 1e12, args.terabytes * 1e12, args.processes, shape_of)
    by_phase = phases(chosen, estimate)
    print("\n".join(table(by_phase)))
    if said := pace(by_phase, spent_here(chosen.study.name)):
        print(said)
    if all(estimate.size(base) is None for base in chosen.study.bases.values()):
        print("These models run on the processor; estimates are of GPUs. docs/findings.md has the times of our studies.")


def shape_of(base: PinnedBase) -> Shape | None:
    """The shape of a base whose configuration is on this machine."""
    return shapes.at_hand(base.model, base.gguf, base.revision)


def spent_here(study: str) -> dict[str, float]:
    """The seconds that the study's jobs took on this machine, by phase."""
    jobs = costs.jobs([study])
    return {} if jobs.empty else jobs.groupby("phase")["time"].sum().to_dict()


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="sublearn estimate", description=__doc__.splitlines()[0])
    options.add_argument("study", help="the study's name in config/studies, or the path of a YAML file")
    options.add_argument("--tflops", type=float, default=400.0, help="10^12 operations per second of the GPU")
    options.add_argument("--terabytes", type=float, default=3.0, help="10^12 bytes per second of the GPU's memory")
    options.add_argument(
        "--processes", type=int, default=1, help="processes that train one model, a GPU each; memory is given per GPU"
    )
    add_extensions(options)
    return options
