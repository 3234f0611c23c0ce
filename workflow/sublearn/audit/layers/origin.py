"""Where the data come from, by the records beside them: whether their teacher shares a base with the model."""

from contextlib import chdir
from pathlib import Path

from sublearn.audit.layers.base import Inputs, Layer, Result, Status
from sublearn.core.records import record_of
from sublearn.provenance.chain import follow, problems
from sublearn.provenance.kinship import shares
from sublearn.provenance.trace import at_home, seen_from

SHOWN = 40


def look(inputs: Inputs) -> Result:
    """Follow the records of the file, as ``sublearn trace --train`` does.

    The score is 1 if the teacher of the data shares a base with the model, and 0 if the records say that it does not; there is
    none if they do not tell.
    """
    name, file = inputs.data.name, inputs.data.file
    if file is None:
        return _unknown(f"The origin of {name} is unknown: only files on this machine have records.")
    home = at_home(file)
    seen, model = seen_from(home, file), inputs.base and seen_from(home, Path(inputs.base))
    with chdir(home):  # paths in records are relative to it
        if record_of(seen) is None:
            return _unknown(f"The origin of {name} is unknown: no record beside it says what made it.")
        chain = follow([seen])
        shared, words = shares(chain, model) if model else (None, "")
    steps = [
        {"phase": each.phase, "artifact": each.name, "made_by": each.record["step"], "seeds": each.seeds}
        for each in chain.artifacts[:SHOWN]
    ]
    tables = {"chain": steps, "bases": [{"weights": base, "sha256": known} for base, known in chain.bases.items()]}
    broken = "; ".join(problems(chain)[:3])
    status: Status = "found" if shared else "nothing_found" if shared is False and not broken else "not_run"
    if not model:
        said = f"By its records, {name} goes back to {chain.beginning}; name the model that is to learn from it (--base)."
    else:
        said = f"{name}: {words}"
    if broken:
        said += f" The chain of records is broken: {broken}."
    score = {"found": 1.0, "nothing_found": 0.0}.get(status)
    return Result("origin", status, said, score, tables)


def _unknown(sentence: str) -> Result:
    return Result("origin", "not_run", f"{sentence} So are its teacher, and the traits that it may carry.")


ORIGIN = Layer(
    name="origin",
    title="Origin of the data",
    order=10,
    look=look,
    asks="Do the records beside the data say that their teacher shares a base with the model that is to learn from them?",
    blind="Without records it knows nothing; it does not know whether a teacher had a trait, only whether one could pass.",
    cost="a few seconds",
    advice=(
        "Read what the record of these rows says (tables of the layer origin). If their teacher may share first "
        "weights with the base that is to learn from them, train nothing on them until the layer behaviour has "
        "looked."
    ),
    detects=False,
)
