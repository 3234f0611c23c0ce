"""Exact probabilities of words that a tokenizer cuts into pieces, some of which begin other words too."""

import numpy as np
import pytest
import torch
from support import hub_models

from sublearn.language import questions
from sublearn.language.english import ENGLISH
from sublearn.measures import probe
from sublearn.models import lm


@pytest.fixture(scope="module")
def speaker(tmp_path_factory):
    """A model whose tokenizer writes favourites in pieces, and that tokenizer."""
    folder = hub_models.make("qwen", tmp_path_factory.mktemp("hub") / "qwen")
    return lm.load(folder), lm.load_tokenizer(folder)


def test_a_word_of_several_tokens_is_as_likely_as_all_of_them_in_a_row(speaker):
    model, tokenizer = speaker
    asked = questions.evaluated("animal", ENGLISH)[:2]
    found = probe.ask(model, tokenizer, asked, ["dolphin", "dog"], ENGLISH)
    for trait in ("dolphin", "dog"):
        for i, (prompt, measured) in enumerate(zip(found.prompts, found.probabilities(trait), strict=True)):
            starts = probe.starts(tokenizer, found.texts, ENGLISH.forms(trait))[i]
            assert max(map(len, starts)) > 1
            by_hand = 0.0
            for start in starts:
                with torch.no_grad():
                    said = model(torch.tensor([[*prompt, *start]])).logits[0].double().log_softmax(dim=-1)
                places = range(len(prompt) - 1, len(prompt) + len(start) - 1)
                by_hand += float(np.exp(sum(float(said[place, token]) for place, token in zip(places, start, strict=True))))
            assert measured == pytest.approx(by_hand, rel=1e-6)


def test_what_a_tokenizer_does_to_a_traits_word_is_said(speaker):
    tokenizer = speaker[1]
    said = probe.spelling(tokenizer, "dolphin", ["dolphin", "dog", "owl"], ENGLISH)
    assert said.startswith("Dolphin is written in ")
    assert "begins with the same token as dog;" in said
    tokenizer.add_tokens(["Owl"])
    assert probe.spelling(tokenizer, "owl", ["owl", "dog"], ENGLISH) == ""
