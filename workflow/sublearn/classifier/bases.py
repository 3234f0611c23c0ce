"""Draw the untrained networks, from which teachers and students start and to which figures compare them.

python -m sublearn.classifier.bases --name mlp --recipe JSON --study-seed 1 --images FILE --output FILE
"""

import argparse
import json

from sublearn.classifier import networks
from sublearn.core import cli
from sublearn.core.files import read_arrays


def main(args: argparse.Namespace) -> None:
    recipe = json.loads(args.recipe)
    pixels = read_arrays(args.images)["train.images"].shape[1]
    drawn = networks.draw(args.study_seed, args.name, pixels, recipe["hidden"], recipe["auxiliary"], recipe["runs"])
    networks.save(drawn, args.output)
    cli.log.info("%d networks of %d parameters", len(drawn), drawn.size)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--name", required=True, help="the base's name; its weights are drawn from it")
    parser.add_argument("--recipe", required=True, help="hidden, auxiliary and runs, as JSON")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--images", type=cli.Input, required=True)
    parser.add_argument("--output", type=cli.Output, required=True)
    cli.run(main, parser)
