import os
import sys
from pathlib import Path

# Steps run by the interpreter that runs Snakemake, whether its environment is activated or not.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(Path("workflow").absolute()), os.environ.get("PYTHONPATH")])
)
sys.path.insert(0, str(Path("workflow").absolute()))


from sublearn.code import modules_of
from sublearn.core.errors import UserError
from sublearn.jobs import plan_all
from sublearn.plan import trait_words

try:
    PLANS = plan_all(config)
except UserError as error:
    raise SystemExit(f"error: {error}")

WORDS = trait_words()
ENVIRONMENT = str(Path("envs/workflow.yaml").absolute())
CHOSEN = [plan.study.name for plan in PLANS.chosen]
