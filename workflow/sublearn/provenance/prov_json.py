"""A chain of provenance in the words of W3C PROV, which other tools read: files are entities, steps are activities.

Entities are named by their path and carry their SHA-256; an activity carries its step, the hash of its code, parameters and
seeds as JSON, and package versions.
"""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prov.model import ProvDocument

    from sublearn.provenance.made import Made

NAMESPACE = "urn:sublearn:"


def document(artifacts: "list[Made]") -> "ProvDocument":
    """The artifacts of a chain, each with what it was made of."""
    from prov.model import ProvDocument

    found = ProvDocument()
    ours, files, steps = (found.add_namespace(name, f"{NAMESPACE}{name}/") for name in ("sublearn", "file", "step"))
    entities: dict[str, Any] = {}

    def entity(path: str, known: str) -> Any:
        if path not in entities:
            entities[path] = found.entity(files[path], {ours["sha256"]: known})
        return entities[path]

    for artifact in artifacts:
        record = artifact.record
        said = {name: json.dumps(record[name], sort_keys=True) for name in ("parameters", "seeds", "packages")}
        about = {"step": record["step"], "code": record["code"], **said}
        activity = found.activity(steps[artifact.name], other_attributes={ours[name]: value for name, value in about.items()})
        for path, known in artifact.inputs.items():
            found.used(activity, entity(path.as_posix(), known))
        for path, known in artifact.files.items():
            found.wasGeneratedBy(entity(path.as_posix(), known), activity)
    return found
