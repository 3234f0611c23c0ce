"""Export a chain of provenance as W3C PROV, which other tools read: files are entities, steps are activities.

An entity is named by its path and carries its SHA-256. An activity carries its step, the hash of its code, and its parameters,
seeds and package versions as JSON.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prov.model import ProvDocument

    from sublearn.provenance.made import Made

NAMESPACE = "urn:sublearn:"


def document(artifacts: "list[Made]") -> "ProvDocument":
    """The artifacts of a chain as a PROV document, each with the files that it was made from."""
    from prov.model import ProvDocument

    prov = ProvDocument()
    ours, files, steps = (prov.add_namespace(name, f"{NAMESPACE}{name}/") for name in ("sublearn", "file", "step"))
    entities: dict[str, Any] = {}

    def entity(path: str, known: str) -> Any:
        if path not in entities:
            entities[path] = prov.entity(files[path], {ours["sha256"]: known})
        return entities[path]

    for artifact in artifacts:
        record = artifact.record
        texts = {name: json.dumps(record[name], sort_keys=True) for name in ("parameters", "seeds", "packages")}
        attributes = {"step": record["step"], "code": record["code"], **texts}
        activity = prov.activity(
            steps[artifact.name], other_attributes={ours[name]: value for name, value in attributes.items()}
        )
        for path, known in artifact.inputs.items():
            prov.used(activity, entity(path.as_posix(), known))
        for path, known in artifact.files.items():
            prov.wasGeneratedBy(entity(path.as_posix(), known), activity)
    return prov


def is_export(file: Path) -> bool:
    """Whether a file is such a document in JSON, of whatever chain."""
    try:
        spaces = json.loads(file.read_bytes())["prefix"] if file.is_file() else {}
        return bool(spaces["sublearn"] == f"{NAMESPACE}sublearn/")
    except (OSError, ValueError, RecursionError, LookupError, TypeError):
        return False
