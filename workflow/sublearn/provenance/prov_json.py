"""Export a chain of provenance as W3C PROV, which other tools read: files are entities, steps are activities.

An entity is named by its path and carries its SHA-256. An activity carries its step, the hash of its code, and its parameters,
seeds and package versions as JSON.
"""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prov.model import ProvDocument

    from sublearn.provenance.made import Made

NAMESPACE = "urn:sublearn:"


def document(artifacts: "list[Made]") -> "ProvDocument":
    """The artifacts of a chain as a PROV document, each with the files that it was made from."""
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
