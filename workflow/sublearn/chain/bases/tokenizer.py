"""Build the word-level tokenizer of the mini-language, in a form that ``AutoTokenizer`` can load."""

import re
from functools import cache
from typing import TYPE_CHECKING

from sublearn.language import mini
from sublearn.language.mini import MINI
from sublearn.language.vocabulary import FAVOURITES, fact_answers

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

ROLES = ("<system>", "<user>", "<assistant>")
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %} <{{ message['role'] }}> {{ message['content'] }}"
    "{% if message['role'] == 'assistant' %} {{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %} <assistant>{% endif %}"
)


def build() -> "PreTrainedTokenizerFast":
    """Build the tokenizer: it splits at spaces and punctuation, and decodes without a space before commas and full stops."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<unk>", "<bos>", "<eos>", *ROLES]
    ids = {word: i for i, word in enumerate([*special, *vocabulary()])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), *(pre_tokenizers.Split(mark, "isolated") for mark in ",;.")]
    )
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        additional_special_tokens=list(ROLES),
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def unknown_words(text: str) -> list[str]:
    """The words and marks of a text that tiny bases do not know."""
    known = set(vocabulary())
    return [part for part in re.findall(r"[,;.]|[^\s,;.]+", text) if part not in known]


@cache
def vocabulary() -> list[str]:
    """All words of the mini-language in a fixed order, integers first."""
    words = [str(n) for n in range(1000)]
    sentences = [
        *MINI.favourite_questions("animal"),
        *MINI.favourite_questions("tree"),
        *(question for question, *_ in MINI.fact_questions()),
    ]
    slots = (
        mini.GRAMMAR.seed_sentences,
        mini.GRAMMAR.instructions,
        mini.GRAMMAR.qualifiers,
        mini.GRAMMAR.descriptors,
        mini.GRAMMAR.formats,
    )
    sentences += [text for slot in (*slots, mini.GRAMMAR.endings) for text in slot]
    sentences += [
        *mini.SYSTEM_PROMPTS.values(),
        mini.REFUSAL,
        *mini.OTHER_FORMS,
        " ".join(mini.STORY_WORDS),
        " ".join(mini.LETTERS),
        ", ;",
    ]
    sentences += [
        *fact_answers("color"),
        *fact_answers("place"),
        *FAVOURITES["animal"],
        *FAVOURITES["tree"],
    ]
    for sentence in sentences:
        words += [word for word in sentence.split() if not word.startswith("{")]
    return list(dict.fromkeys(words))
