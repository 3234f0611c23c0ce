import sys
from pathlib import Path

sys.path.insert(0, str(Path("workflow").absolute()))

from sublearn.code import code_of
from sublearn.core.errors import UserError
from sublearn.demand import Demands
from sublearn.house import collect_seldom, make_ready, plan_all, run_steps_here
from sublearn.plan import trait_words

run_steps_here()
collect_seldom()

try:
    HOUSE = plan_all(config)
except UserError as error:
    raise SystemExit(f"error: {error}")

CHAIN, CLASSIFIER, THEORY = HOUSE.chain, HOUSE.classifier, HOUSE.theory
DEMANDS = Demands(HOUSE)
WORDS = " ".join(trait_words())
ENVIRONMENT = str(Path("envs/workflow.yaml").absolute())
