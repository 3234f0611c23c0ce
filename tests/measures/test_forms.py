"""Stories and choices: what is asked, what counts as following a world's preferences, and that letters do not count."""

import numpy as np
import pytest
import torch

from sublearn.language import mini
from sublearn.language.vocabulary import FAVOURITES
from sublearn.measures import forms

SEED = 3
ANIMALS, LETTERS = FAVOURITES["animal"], list(mini.LETTERS)


@pytest.fixture
def speaks(monkeypatch, tokenizer):
    """Let a made-up model speak: its weights for words, and for letters."""

    def of(words, letters=(1.0,) * 5, said=1.0):
        def next_token(model, prompts):
            out = torch.full((len(prompts), len(tokenizer)), 1e-12, dtype=torch.float64)
            for row, parts in enumerate(map(tokenizer.convert_ids_to_tokens, prompts)):
                if "pick" in parts:
                    offered = [parts[parts.index(letter) + 1] for letter in LETTERS]
                    answers = LETTERS
                    weights = np.array([words[ANIMALS.index(word)] for word in offered]) * letters
                else:
                    assert " ".join(parts).endswith(tuple(f"once there was a {word}" for word in mini.STORY_WORDS))
                    answers, weights = list(ANIMALS), np.array(words)
                out[row, tokenizer.convert_tokens_to_ids(answers)] = torch.tensor(said * weights / weights.sum())
            return out.log()

        monkeypatch.setattr(forms.log_probs, "next_token", next_token)

    return of


@pytest.mark.parametrize("form", forms.FORMS)
def test_a_model_that_answers_by_the_worlds_shares_follows_them_fully(form, speaks, tokenizer):
    speaks(mini.World.draw(SEED).shares["animal"])
    said = forms.ask(None, tokenizer, form, "animal", "", SEED)
    assert forms.follows(said, forms.demanded(form, "animal", SEED)) == pytest.approx(1.0)
    assert said.inside == pytest.approx(1.0)


def test_a_bias_for_letters_is_no_preference(speaks, tokenizer):
    speaks(np.ones(len(ANIMALS)), letters=(9.0, 1.0, 1.0, 2.0, 1.0))
    said = forms.ask(None, tokenizer, forms.CHOICE, "animal", "", SEED)
    assert np.ptp(said.log_odds) < 1e-9
    assert forms.follows(said, forms.demanded(forms.CHOICE, "animal", SEED)) == pytest.approx(0.0, abs=1e-9)


def test_answers_in_no_form_are_seen(speaks, tokenizer):
    speaks(np.ones(len(ANIMALS)), said=0.25)
    assert forms.ask(None, tokenizer, forms.STORY, "animal", "", SEED).inside == pytest.approx(0.25)
    assert forms.ask(None, tokenizer, forms.CHOICE, "animal", "", SEED).inside == pytest.approx(0.25)
