"""How far each student moved from its base."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

from sublearn.chain.evaluations.base import Evaluation
from sublearn.measures.alignment import effective
from sublearn.models import lm


class Norms(pa.DataFrameModel):
    """Length of a student's displacement in effective weights."""

    arm: Series[str]
    trait: Series[str]
    run: Series[int]
    norm: Series[float] = pa.Field(gt=0)


class NormsOfStudents(Evaluation):
    def inputs(self, plan, arm, trait, run):
        student = plan.student(arm, trait, run)
        return {"model": student, "base": student.inputs["base"]}

    def recipe(self, plan, arm):
        return {}

    def model(self, plan, arm, artifact):
        who = {"arm": arm, "trait": artifact.key.split("/")[1], "run": artifact.run}
        return who | {name: part.folder for name, part in artifact.inputs.items()}

    def measure(self, models, recipe, study_seed):
        lm.prepare()
        rows = []
        for each in models:
            student, base = lm.load(each["model"], each["base"]), lm.load(each["base"])
            norm = float((effective(student) - effective(base)).norm())
            rows.append({"arm": each["arm"], "trait": each["trait"], "run": each["run"], "norm": norm})
        return pd.DataFrame(rows)


NORMS = NormsOfStudents("norms", schema=Norms, finding_schema=Norms)
