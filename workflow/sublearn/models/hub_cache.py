"""Where a file of the hub lies in its cache on this machine; nothing is fetched. Starts in no time, for what only looks."""

from pathlib import Path


def place(model: str, name: str, revision: str) -> Path | None:
    """The cached file of a model at a revision; None if it is not there, or the model's name is none that the hub allows."""
    from huggingface_hub import try_to_load_from_cache

    try:
        found = try_to_load_from_cache(model, name, revision=revision)
    except ValueError:
        return None
    return Path(found) if isinstance(found, str) else None
