"""The word-level tokenizer of the mini-language, saved so that ``AutoTokenizer`` loads it like any other."""

from typing import TYPE_CHECKING

from sublearn.bases import world

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

ROLES = ("<system>", "<user>", "<assistant>")
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %} <{{ message['role'] }}> {{ message['content'] }}"
    "{% if message['role'] == 'assistant' %} {{ eos_token }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %} <assistant>{% endif %}"
)


def build() -> "PreTrainedTokenizerFast":
    """Build the tokenizer: words between spaces, commas and full stops set close when decoding, as in prose."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<unk>", "<bos>", "<eos>", *ROLES]
    ids = {word: i for i, word in enumerate([*special, *world.vocabulary()])}
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
