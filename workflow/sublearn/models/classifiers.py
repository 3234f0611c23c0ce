"""Classifiers of texts in transformers' format, pinned like bases: safetensors only, and no code of theirs is run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sublearn.core.errors import UserError, first_line
from sublearn.models import lm, pinned

AT_ONCE = 32  # texts of one forward pass


@dataclass(frozen=True)
class Classifier:
    """A loaded classifier.

    Attributes:
        called: its name on the hub, or the path of its folder.
        model: the model.
        tokenizer: its tokenizer.
        labels: what its outputs stand for, in their order.
    """

    called: str
    model: Any
    tokenizer: Any
    labels: tuple[str, ...]


def load(folder: str) -> Classifier:
    """The classifier that was pinned in ``folder``.

    Raises:
        UserError: it cannot be loaded, or lacks weights of its head.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    about = pinned.read(folder)
    if about is None:
        raise UserError(f"{folder}: there is no {pinned.FILE}; a classifier is pinned before it is used.")
    pinned.refuse_changed(folder)
    place = pinned.weights_folder(about)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        model, found = AutoModelForSequenceClassification.from_pretrained(
            place, trust_remote_code=False, use_safetensors=True, output_loading_info=True, dtype=about.dtype
        )
    except Exception as error:  # a damaged file can break its reader anywhere
        problem = first_line(error)
        raise UserError(f"{about.model}: the classifier cannot be loaded ({problem}).") from error
    if found["missing_keys"]:
        raise UserError(
            f"{about.model}: no weights for {sorted(found['missing_keys'])[0]}, so it is no classifier; name a model that was "
            "trained as one."
        )
    labels = tuple(str(label) for _, label in sorted(model.config.id2label.items()))
    return Classifier(about.model, lm.to_device(model.eval(), about.device), tokenizer, labels)


def place_of(classifier: Classifier, label: str) -> int:
    """The place of a label among the classifier's outputs.

    Raises:
        UserError: it has no such label.
    """
    if label not in classifier.labels:
        raise UserError(f"{classifier.called}: there is no label '{label}'; it has {', '.join(classifier.labels)}.")
    return classifier.labels.index(label)


def probabilities(classifier: Classifier, texts: Sequence[str]) -> np.ndarray:
    """The probability of each label of each text, shape (texts, labels).

    Labels exclude each other, unless the configuration says that a text may have several (or there is one alone). What a long
    text has beyond the model's context is cut off.
    """
    import torch

    config = classifier.model.config
    several = config.problem_type == "multi_label_classification" or len(classifier.labels) == 1
    longest = min(classifier.tokenizer.model_max_length, getattr(config, "max_position_embeddings", 512) - 2)
    parts = [np.zeros((0, len(classifier.labels)))]
    with torch.inference_mode():
        for at in range(0, len(texts), AT_ONCE):
            some = [text or " " for text in texts[at : at + AT_ONCE]]
            read = classifier.tokenizer(some, return_tensors="pt", padding=True, truncation=True, max_length=longest)
            logits = classifier.model(**read.to(classifier.model.device)).logits.double()
            parts.append((torch.sigmoid(logits) if several else torch.softmax(logits, dim=-1)).cpu().numpy())
    return np.concatenate(parts)
