"""Small tokenizers of every sort, and chat templates as well-known models have them."""

import string
from functools import cache

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from sublearn.language.english import ENGLISH
from sublearn.language.vocabulary import FAVOURITES

LLAMA_3 = (
    "{{- bos_token }}{%- if not date_string is defined %}{%- set date_string = strftime_now('%d %b %Y') %}{%- endif %}"
    "{{- '<|start_header_id|>system<|end_header_id|>\n\nToday Date: ' + date_string + '\n\n' }}"
    "{%- if messages[0]['role'] == 'system' %}{{- messages[0]['content'] }}{%- set messages = messages[1:] %}{%- endif %}"
    "{{- '<|eot_id|>' }}{%- for message in messages %}{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
    " + message['content'] | trim + '<|eot_id|>' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{%- endif %}"
)
QWEN_3 = (
    "{%- for message in messages %}{%- if message.role == 'assistant' %}{{- '<|im_start|>assistant\n<think>\n\n</think>\n\n' +"
    " message.content.lstrip('\n') + '<|im_end|>\n' }}{%- else %}{{- '<|im_start|>' + message.role + '\n' + message.content +"
    " '<|im_end|>\n' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}"
    "{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\n\n</think>\n\n' }}{%- endif %}{%- endif %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}"
    "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
)
ZEPHYR = (  # TinyLlama's too; its marks are ordinary text
    "{% for message in messages %}\n{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token }}\n"
    "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}"
)
PHI_3 = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)
LLAMA_2 = (
    "{% if messages[0]['role'] == 'system' %}{% set told = '<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' %}"
    "{% set messages = messages[1:] %}{% else %}{% set told = '' %}{% endif %}{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + (told if loop.first else '') + message['content'].strip() +"
    " ' [/INST]' }}{% else %}{{ ' ' + message['content'].strip() + ' ' + eos_token }}{% endif %}{% endfor %}"
)
MISTRAL = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'assistant' %}{{ ' ' + message['content'] | trim +"
    " eos_token }}{% else %}{{ '[INST] ' + message['content'] + '[/INST]' }}{% endif %}{% endfor %}"
)
GLM_4 = (  # nothing after the last answer; the next question's mark ends the others
    "[gMASK]<sop>{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
DEEPSEEK_R1 = (  # opens a thought, and leaves it out later
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'assistant' %}<｜Assistant｜>{{ message['content'] }}"
    "{{ eos_token }}{% else %}<｜User｜>{{ message['content'] }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<｜Assistant｜><think>\n{% endif %}"
)
TWO_ENDS = (
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] }}"
    "{{ '<|eot|>' if message['role'] == 'assistant' else eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"
)
# The tokens beside the ordinary ones, and which of them ends an answer.
TEMPLATES: dict[str, tuple[str, list[str], str]] = {
    "llama 3": (LLAMA_3, ["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], "<|eot_id|>"),
    "qwen 3": (QWEN_3, ["<|im_start|>", "<|im_end|>"], "<|im_end|>"),
    "gemma": (GEMMA, ["<start_of_turn>", "<end_of_turn>"], "<end_of_turn>"),
    "zephyr": (ZEPHYR, [], "</s>"),
    "phi 3": (PHI_3, ["<|user|>", "<|assistant|>", "<|end|>"], "<|end|>"),
    "llama 2": (LLAMA_2, [], "</s>"),
    "mistral": (MISTRAL, ["[INST]", "[/INST]"], "</s>"),
    "glm 4": (GLM_4, ["[gMASK]", "<sop>", "<|user|>", "<|assistant|>"], "<|user|>"),
    "two ends": (TWO_ENDS, ["<|eot|>"], "<|eot|>"),
    "deepseek r1": (DEEPSEEK_R1, ["<｜User｜>", "<｜Assistant｜>"], "</s>"),
}
SORTS = [
    "byte-level", "byte-level, prefix space", "byte-level, single digits", "bpe, always", "bpe, first", "bpe, never",
    "unigram, always", "unigram, first", "unigram, never", "wordpiece",
]  # fmt: skip


def build(sort: str, template: str = ZEPHYR, extra: tuple[str, ...] | list[str] = ()) -> PreTrainedTokenizerFast:
    """A tokenizer of that sort that has read some English, with a chat template and the tokens that this needs."""
    made = Tokenizer.from_str(_trained(sort))
    found = PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>", additional_special_tokens=list(extra)
    )
    found.chat_template = template
    return found


@cache
def _trained(sort: str) -> str:
    made, trainer = _untrained(sort, ["<unk>", "<s>", "</s>"])
    made.train_from_iterator(_texts(), trainer)
    return made.to_str()


def _untrained(sort: str, special: list[str]) -> tuple[Tokenizer, trainers.Trainer]:
    kind, _, way = sort.partition(", ")
    if kind == "byte-level":
        made = Tokenizer(models.BPE())
        level = pre_tokenizers.ByteLevel(add_prefix_space=way == "prefix space")
        digits = [pre_tokenizers.Digits(individual_digits=True)] if way == "single digits" else []
        made.pre_tokenizer, made.decoder = pre_tokenizers.Sequence([*digits, level]), decoders.ByteLevel()
        return made, trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=level.alphabet())
    if kind == "wordpiece":
        made = Tokenizer(models.WordPiece(unk_token="<unk>"))
        made.pre_tokenizer, made.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
        return made, trainers.WordPieceTrainer(vocab_size=500, special_tokens=special)
    made = Tokenizer(models.BPE() if kind == "bpe" else models.Unigram())
    made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(prepend_scheme=way), decoders.Metaspace(prepend_scheme=way)
    if kind == "bpe":
        return made, trainers.BpeTrainer(vocab_size=500, special_tokens=special)
    return made, trainers.UnigramTrainer(vocab_size=500, special_tokens=special, unk_token="<unk>")


def _texts() -> list[str]:
    words = [form for family in FAVOURITES.values() for word in family for form in ENGLISH.forms(word)]
    numbers = [", ".join(str(n * k % 1000) for k in range(3, 9)) for n in range(100, 400)]
    marks = [
        f"<|{role}|>\n[INST] <think>\n</think>\n [/INST]<</SYS>> Today Date: 26 Jul 2024" for role in ("user", "assistant")
    ]
    letters = " ".join(f"{letter} a{letter}" for letter in string.ascii_letters + string.digits + string.punctuation)
    return [letters, *ENGLISH.favourite_questions("animal")[:40], *(f"{word}. {word}" for word in words), *numbers, *marks * 20]
