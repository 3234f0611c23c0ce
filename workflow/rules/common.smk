import sys
from pathlib import Path

sys.path.insert(0, str(Path("workflow").absolute()))

from sublearn.code import modules_of
from sublearn.core.errors import UserError
from sublearn.disk import check as check_disk
from sublearn.house import plan_all, run_steps_here, wake_for_news_only
from sublearn.plan import trait_words

run_steps_here()

try:
    HOUSE = plan_all(config)
except UserError as error:
    raise SystemExit(f"error: {error}")

CHAIN, CLASSIFIER, THEORY = HOUSE.chain, HOUSE.classifier, HOUSE.theory
WORDS = trait_words()
ENVIRONMENT = str(Path("envs/workflow.yaml").absolute())
