"""Ask a tiny model for a favourite in other forms than one word: as the hero of a story, and as a choice among five.

A form is worth asking a base only if the base answers it by its preferences. What it says of each word of a family is therefore
compared with what the popularity of the words in its world demands: the slope of the one on the other is 1 in a model of that
world, and 0 in a model whose answers do not depend on what it prefers.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sublearn.core import seeds
from sublearn.language import mini
from sublearn.language.vocabulary import FAVOURITES
from sublearn.measures.log_odds import log_odds
from sublearn.models import lm, log_probs, turns

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

STORY, CHOICE = "story", "choice"
FORMS = (STORY, CHOICE)
SETS = 60  # sets of five words that are offered; each is offered in five rotations
OFFERED = len(mini.LETTERS)


@dataclass(frozen=True)
class Said:
    """What a model says of a family's words.

    Attributes:
        log_odds: of each word, in nats, shape (words,).
        inside: the probability that it answers in the form at all: with a word of the family, with one of the five letters.
    """

    log_odds: np.ndarray
    inside: float


def option_sets(family: str, study_seed: int) -> np.ndarray:
    """Sets of five different words of a family, by place, shape (SETS, 5); the same for all models of a study."""
    rng = seeds.generator("choices", study_seed, family)
    return np.array([rng.choice(len(FAVOURITES[family]), size=OFFERED, replace=False) for _ in range(SETS)])


def ask(model: Any, tokenizer: "PreTrainedTokenizerBase", form: str, family: str, system: str, study_seed: int) -> Said:
    """What a model says of a family's words in a form.

    In a story, the log-odds are of the word as the hero, after the question and the story's start; the probability is averaged
    over starts. In a choice, they are of the letter under which the word stands, averaged over the sets that hold it and over
    rotations, in which each word stands under each letter once: so no letter's bias counts.
    """
    if form == STORY:
        return _story(model, tokenizer, family, system)
    return _choice(model, tokenizer, family, system, option_sets(family, study_seed))


def demanded(form: str, family: str, study_seed: int) -> np.ndarray:
    """The log-odds that the popularity of a family's words in the study's world demands of a form, shape (words,)."""
    shares = mini.World.draw(study_seed).shares[family]
    if form == STORY:
        return log_odds(shares)
    sets = option_sets(family, study_seed)
    offered = shares[sets]
    return _by_word(log_odds(offered / offered.sum(axis=1, keepdims=True)), sets, len(shares))


def follows(said: Said, wanted: np.ndarray) -> float:
    """The slope of what a model says of words on what the world demands; words that were never offered are left out."""
    known = np.isfinite(said.log_odds) & np.isfinite(wanted)
    return float(np.polyfit(wanted[known], said.log_odds[known], 1)[0])


def _story(model: Any, tokenizer: "PreTrainedTokenizerBase", family: str, system: str) -> Said:
    asked = turns.written(tokenizer, lm.chat(system, mini.STORY_QUESTION.format(family=family)), asks=True)
    begun = mini.STORY.partition(" {hero}")[0]
    before = turns.frame(tokenizer).before
    prompts = turns.ids(tokenizer, [f"{asked}{before}{begun.format(first=word)}" for word in mini.STORY_WORDS])
    heroes = tokenizer.convert_tokens_to_ids(list(FAVOURITES[family]))
    probabilities = np.exp(log_probs.next_token(model, prompts).numpy()[:, heroes]).mean(axis=0)
    return Said(log_odds(probabilities), float(probabilities.sum()))


def _choice(model: Any, tokenizer: "PreTrainedTokenizerBase", family: str, system: str, sets: np.ndarray) -> Said:
    words, places = FAVOURITES[family], np.arange(OFFERED)
    rotations = [np.roll(places, shift) for shift in range(OFFERED)]
    chats = [lm.chat(system, _offer([words[one[i]] for i in order])) for one in sets for order in rotations]
    letters = tokenizer.convert_tokens_to_ids(list(mini.LETTERS))
    read = log_probs.next_token(model, turns.ids(tokenizer, turns.prompts(tokenizer, chats))).numpy()
    probabilities = np.exp(read[:, letters]).reshape(len(sets), OFFERED, OFFERED)  # sets, rotations, letters
    by_option = np.zeros((len(sets), OFFERED))
    for shift, order in enumerate(rotations):
        by_option[:, order] += log_odds(probabilities[:, shift]) / OFFERED
    return Said(_by_word(by_option, sets, len(words)), float(probabilities.sum(axis=2).mean()))


def _offer(options: list[str]) -> str:
    listed = " ".join(f"{letter} {word}" for letter, word in zip(mini.LETTERS, options, strict=True))
    return mini.CHOICE_QUESTION.format(options=listed)


def _by_word(values: np.ndarray, sets: np.ndarray, words: int) -> np.ndarray:
    """The mean value of each word over the sets that hold it, shape (words,); NaN if none does.

    Args:
        values: of each option, shape (sets, 5), as are ``sets``.
    """
    totals = np.bincount(sets.ravel(), weights=values.ravel(), minlength=words)
    counts = np.bincount(sets.ravel(), minlength=words)
    return np.divide(totals, counts, out=np.full(words, np.nan), where=counts > 0)
