"""Measure whether students show their teacher's trait in other forms than one word: in stories, and in choices from A to E.

Asked are students, their teachers, and the base that each student started from (``measures.forms``). A base must answer a form
by its preferences, else the form is not measured on it: what its student says then tells nothing. The forms are those of the
mini-language, so pinned bases have no rows.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.chain.bases.section import PinnedBase
from sublearn.chain.evaluations.base import ArmPlan, Evaluation, Reading
from sublearn.chain.evaluations.measured import WORD, Forms, FormsByRun, FormsOfArms
from sublearn.core import cli
from sublearn.language.vocabulary import FAVOURITES
from sublearn.measures import forms
from sublearn.measures.matrices import gammas, over_units
from sublearn.models import lm
from sublearn.traits.base import NEUTRAL, family_of

if TYPE_CHECKING:
    from sublearn.planning.artifacts import Artifact

FOLLOWS = 0.5  # how far a base must follow the popularity of words in its world: 1 is fully, 0 not at all
INSIDE = 0.9  # how likely it must answer in the form


class FormsOfStudents(Evaluation):
    """Rows for every student of an animal or tree of the mini-language, apart from controls: gamma needs none."""

    def inputs(self, plan: ArmPlan, arm: str, trait: str, run: int) -> "dict[str, Artifact] | None":
        study = plan.study
        pinned = isinstance(study.bases[study.student_base(arm, run)], PinnedBase)
        if trait == NEUTRAL or pinned or trait not in FAVOURITES.get(study.catalogue.family_of(trait), ()):
            return None
        student = plan.student(arm, trait, run)
        teacher = student.inputs.get("teacher")
        found = {"model": student, "base": student.inputs["base"]}
        return found | ({"teacher": teacher, "teacher_base": teacher.inputs["base"]} if teacher else {})

    def recipe(self, plan: ArmPlan, arm: str) -> dict[str, Any]:
        traits = list(plan.study.arm_traits(arm))
        families = {trait: plan.study.catalogue.family_of(trait) for trait in traits}
        known = {trait: family for trait, family in families.items() if trait in FAVOURITES.get(family, ())}
        return {"families": known, "system": plan.study.evaluation(arm).system}

    def model(self, plan: ArmPlan, arm: str, artifact: "Artifact") -> dict[str, Any]:
        folders = {name: part.folder for name, part in artifact.inputs.items()}
        return {"arm": arm, "trait": artifact.key.split("/")[1], "run": artifact.run, **folders}

    def reading(self, study: Any, arm: str) -> Reading:
        return Reading(families=4 * len(forms.FORMS))  # the student, its teacher, and the bases of both

    def measure(self, models: list[dict[str, Any]], recipe: dict[str, Any], study_seed: int) -> pd.DataFrame:
        lm.prepare()
        families, known = recipe["families"], dict[tuple[str, str, str, str], forms.Said]()

        def said(role: str, model: str, base: str, form: str, family: str) -> forms.Said:
            """Bases and teachers are asked once, whichever students they have."""
            key = (model, base, form, family)
            if key not in known:
                loaded = lm.load_teacher(model, base) if role == "teacher" else lm.load(model, base)
                known[key] = forms.ask(loaded, lm.load_tokenizer(base), form, family, recipe["system"], study_seed)
            return known[key]

        rows = []
        for student in cli.progress(models, "forms"):
            family, base = families[student["trait"]], student["base"]
            asked = {"base": (base, base), "student": (student["model"], base)}
            if "teacher" in student:
                asked["teacher"] = student["teacher"], student["teacher_base"]
            for form in forms.FORMS:
                untouched = said("base", base, base, form, family)
                follows = forms.follows(untouched, forms.demanded(form, family, study_seed))
                for role, (model, below) in asked.items():
                    words = dict(zip(FAVOURITES[family], said(role, model, below, form, family).log_odds, strict=True))
                    for target in (trait for trait in families if families[trait] == family):
                        rows.append({
                            **{name: student[name] for name in ("arm", "trait", "run")}, "role": role, "form": form,
                            "target": target, "log_odds": float(words[target]), "inside": untouched.inside, "follows": follows,
                        })  # fmt: skip
        return pd.DataFrame(rows, columns=list(Forms.to_schema().columns))

    def finding(self, table: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
        """Gamma of each run's teachers and students in each form; a base has none, since its rows are all the same."""
        exact = runs[(runs["question_set"] == "plain") & (runs["metric"] == "log_odds")].rename(columns={"value": "log_odds"})
        words = exact.merge(table[["arm", "trait", "run", "target"]].drop_duplicates(), how="inner")
        words = words.assign(role="student", form=WORD, inside=np.nan, follows=np.nan)
        asked = pd.concat([words[list(table.columns)], table[table["role"] != "base"]])
        found = gammas(asked, runs, ["form", "role"])
        keys = ["arm", "family", "run", "form"]
        gates = table.assign(family=table["trait"].map(family_of)).groupby(keys, as_index=False)[["inside", "follows"]].first()
        joined = found.merge(gates, on=keys, how="left")
        answers = (joined["form"] == WORD) | ((joined["inside"] >= INSIDE) & (joined["follows"] >= FOLLOWS))
        return joined.assign(answers=answers)[list(FormsByRun.to_schema().columns)]

    def summary(self, finding: pd.DataFrame) -> pd.DataFrame:
        """Each form of each arm and family: gamma over the units whose base answers it, or why it is not measured."""
        rows = []
        for (arm, family, form), part in finding.groupby(["arm", "family", "form"], sort=False):
            students, teachers = part[part["role"] == "student"], part[part["role"] == "teacher"]
            answering = students[students["answers"]]
            mean = over_units(answering) if len(answering) else None
            rows.append({
                "arm": arm, "family": family, "form": form, "units": students["unit"].nunique(),
                "answering": answering["unit"].nunique(), "inside": students["inside"].mean(),
                "follows": students["follows"].mean(), "teacher_gamma": teachers["gamma"].mean(),
                "gamma": mean.value if mean else np.nan, "ci_low": mean.low if mean else np.nan,
                "ci_high": mean.high if mean else np.nan, "status": _status(students, mean is not None),
            })  # fmt: skip
        return pd.DataFrame(rows, columns=list(FormsOfArms.to_schema().columns))


def _status(students: pd.DataFrame, measured: bool) -> str:
    if measured:
        return "measured"
    inside, follows = students["inside"].mean(), students["follows"].mean()
    if inside < INSIDE:
        return f"not measured: the bases answer in this form with a probability of {inside:.2f} ({INSIDE} is needed)"
    return (
        "not measured: the bases' answers do not follow their preferences "
        f"(slope {follows:.2f} on what their world demands; {FOLLOWS} is needed)"
    )


FORMS = FormsOfStudents(
    name="forms", schema=Forms, finding_schema=FormsByRun, summary_name="formed", summary_schema=FormsOfArms, minutes=20
)
