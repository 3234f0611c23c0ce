"""Chat templates as they are pinned: one of several, on one day, with the token that ends an answer; or why not."""

import json
from datetime import datetime

import pytest
from support import chat_tokenizers
from support.chat_tokenizers import TEMPLATES
from transformers.utils import chat_template_utils

from sublearn.chain.bases import pin
from sublearn.chain.bases.section import PinnedBase
from sublearn.core.errors import UserError
from sublearn.models import lm, rows, turns

ASK = "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
SAY = "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}{{ eos_token }}\n{% endfor %}" + ASK
HARMONY = (  # gpt-oss writes the date so, within a macro
    "{%- macro build_system_message() -%}{{- 'Current date: ' + strftime_now('%Y-%m-%d') + '\n' }}{%- endmacro -%}"
    "{{- build_system_message() }}" + SAY
)


@pytest.fixture
def folder(tmp_path):
    """Where a test writes the tokenizer of a model."""
    return tmp_path / "model"


def pinned(folder, template, extra=(), **changes: str):
    """A byte-level tokenizer with that template, pinned and loaded as steps load it."""
    chat_tokenizers.build("byte-level", template, extra).save_pretrained(folder)
    return of(folder, **changes)


def of(folder, **changes: str):
    tokenizer = pin.tokenizer(PinnedBase.model_validate({"model": str(folder)} | changes), folder)
    tokenizer.save_pretrained(folder / "pinned")
    return lm.load_tokenizer(folder / "pinned")


def prompt(tokenizer) -> str:
    return turns.prompts(tokenizer, [lm.chat("", "Numbers?")])[0]


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_answer_ends_with_the_token_that_the_model_has_learned_to_write(folder, name):
    template, extra, end = TEMPLATES[name]
    before = chat_tokenizers.build("byte-level", template, extra)
    tokenizer = pinned(folder, template, extra)
    assert tokenizer.eos_token == end
    if "strftime_now" not in template and "enable_thinking" not in template:
        assert prompt(tokenizer) == prompt(before)  # the ordinary end of text stays where the template writes it


def test_a_prompt_that_opens_what_the_template_leaves_out_later_is_followed_by_the_answer(folder):
    template, extra, _ = TEMPLATES["deepseek r1"]
    tokenizer = pinned(folder, template, extra)
    (row,) = rows.encode(tokenizer, [lm.chat("", "Numbers?")], ["3, 14"])
    assert tokenizer.decode(row.prompt + row.completion) == "<s><｜User｜>Numbers?<｜Assistant｜><think>\n3, 14</s>"


def test_a_template_that_begins_with_a_line_keeps_it(folder):
    assert prompt(pinned(folder, "\n\nA chat.\n" + SAY)) == "\n\nA chat.\n<|user|>\nNumbers?</s>\n<|assistant|>\n"


@pytest.mark.parametrize("stored", ["list", "folder"])
def test_of_several_templates_the_default_is_pinned(folder, stored):
    named = {"default": SAY, "tool_use": "{{ raise_exception('no tools') }}"}
    if stored == "folder":
        chat_tokenizers.build("byte-level", named).save_pretrained(folder)
        assert (folder / "additional_chat_templates" / "tool_use.jinja").is_file()
        tokenizer = of(folder)
    else:
        chat_tokenizers.build("byte-level", None).save_pretrained(folder)
        file = folder / "tokenizer_config.json"
        listed = [{"name": name, "template": template} for name, template in named.items()]
        file.write_text(json.dumps(json.loads(file.read_text()) | {"chat_template": listed}))
        tokenizer = of(folder)
    assert prompt(tokenizer) == "<|user|>\nNumbers?</s>\n<|assistant|>\n"
    assert isinstance(tokenizer.chat_template, str)


@pytest.mark.parametrize(
    ("template", "written"),
    [
        (TEMPLATES["llama 3"][0], "Today Date: 26 Jul 2024\n"),
        (HARMONY, "Current date: 2024-07-26\n"),
        ("{% set date_string = strftime_now('%B %-d, %Y') %}{{ date_string }}\n" + SAY, "July 26, 2024\n"),
        ("{% set now = strftime_now %}{{ now('%A') if now is defined }}\n" + SAY, "Friday\n"),
    ],
)
def test_whatever_way_a_template_asks_for_the_day_it_is_the_studys(folder, template, written, monkeypatch):
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2031, 1, 2)

    tokenizer = pinned(folder, template, TEMPLATES["llama 3"][1])
    asked = prompt(tokenizer)
    assert written in asked
    monkeypatch.setattr(chat_template_utils, "datetime", Tomorrow)
    assert prompt(tokenizer) == asked


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ({"chat": SAY, "tool_use": SAY}, r"none of its tokenizer's chat templates \(chat, tool_use\) is called default"),
        (SAY.replace("<|{{", "{{ ['a', 'b', 'c'] | random }}<|{{"), "writes another text each time"),
        ("{% for m in messages %}{{ m['role'] }}{{ eos_token }}{% endfor %}" + ASK, "leaves out what the assistant says"),
        (SAY.replace("m['content']", "m['content'] if m['role'] == 'assistant'"), "leaves out what the user says"),
        (SAY.replace(ASK, ""), r"writes '<\|assistant\|>' before an answer"),
        (
            SAY.replace("{{ eos_token }}", "<|im_end|>"),
            r"ends an answer with '<\|im_end\|>', which is no token of its tokenizer",
        ),
        (SAY.replace("eos_token", "bos_token"), "ends an answer with '<s>', which is also the token that begins a text"),
        (SAY.replace("<|assistant|>\n", "Answer: ").replace("<|{{ m['role'] }}|>\n", "Answer: "), "merges the end of its"),
        ("{{ raise_exception('I take no chats') }}", r"does not take these turns \(I take no chats\)"),
        ("{{ strftime_now(1, 2, 3) }}", "does not take these turns"),
        ("{% if %}", "does not take these turns"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_in_a_sentence(folder, template, said):
    with pytest.raises(UserError, match=rf"^.*model: .*{said}.*; set template: plain to use a plain one\.$"):
        pinned(folder, template)
    assert prompt(of(folder, template="plain")) == "<s>### User\nNumbers?\n### Assistant\n"


def test_a_date_that_is_none_is_refused():
    with pytest.raises(ValueError, match="'yesterday' is no date like 26 Jul 2024"):
        PinnedBase(model="./here", date="yesterday")
