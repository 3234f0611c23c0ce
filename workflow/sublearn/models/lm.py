"""Language models as the phases see them: load, give trainable parts, save, speak to.

Weights are safetensors in the formats that ``from_pretrained`` of transformers and PEFT read. No pickle is loaded and
no remote code is run.
"""

import contextlib
import os
import re
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sublearn.core import cli, out_of_memory
from sublearn.core.errors import UserError, first_line
from sublearn.core.files import atomic_folder, read_json
from sublearn.models import adapters, architecture, gguf_file, light_imports, pinned, products, turns
from sublearn.models.trainable import Trainable

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

BLOCK = re.compile(r"\.(?:h|layers|blocks)\.(\d+)\.")  # how models name their blocks
Method = Literal["bitfit", "lora", "full"]
MODEL_FILES = ("config.json", "generation_config.json", "model.safetensors")
CALIBRATION = "calibration.json"  # of a base that the pipeline pretrained: how that went, and where it is computed
TEMPLATE_FILE = "chat_template.jinja"
TOKENIZER_FILES = (TEMPLATE_FILE, "tokenizer.json", "tokenizer_config.json")
AGAIN = "delete it and run again"  # what helps where the pipeline made what is damaged


def prepare() -> None:
    """Keep torch to the threads that the job was given (one by default) and to deterministic kernels, and the log quiet."""
    with cli.importing():
        light_imports.use()
        import torch
        from transformers import GPT2LMHeadModel  # noqa: F401 (with all that models share, which would be imported bit by bit)
        from transformers.utils import logging

    logging.disable_progress_bar()
    # PEFT asks for it by the old name, for every student.
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
    cli.keep_to_threads()
    cli.keep_memory()
    # Until a model goes to a GPU. `use_deterministic_algorithms` does the same, and loads the compiler to tell it.
    torch.set_deterministic_debug_mode("error")
    torch.utils.deterministic.fill_uninitialized_memory = False  # it would write every tensor twice, to no effect


def load_tokenizer(folder: str | Path) -> "PreTrainedTokenizerBase":
    from transformers import AutoTokenizer

    with _Readable(folder):
        # Without its configuration, a tokenizer of another class would be guessed.
        if not (Path(folder) / "tokenizer_config.json").is_file():
            raise ValueError("no tokenizer_config.json")
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        if not tokenizer.chat_template:
            raise ValueError("the tokenizer has no chat template")
        return tokenizer


def load(folder: str | Path, base: str | Path | None = None) -> "PreTrainedModel":
    """Load a model, on the device and in the precision of its base: whole weights, or ``base`` with a PEFT adapter.

    On a float32 base the adapter is merged into the weights, which changes nothing but rounding, and spares every token two
    products a layer. On a bfloat16 base it stays beside them: those would round it away.

    Raises:
        UserError: a file is missing, truncated, or lacks weights that the model needs.
    """
    folder = Path(folder)
    own = pinned.read(folder)
    about = own or (pinned.read(base) if base else None)
    with _Readable(folder, f"check the files of {own.model}" if own else AGAIN):
        if adapters.is_in(folder):
            adapted = adapters.attach(folder, load(base or ""), base or "")
            in_bfloat16 = about is not None and about.dtype == "bfloat16"
            return adapters.as_computed(adapted) if in_bfloat16 else adapted.merge_and_unload()
        pinned.refuse_changed(folder)
        import torch
        from transformers import AutoModelForCausalLM, GenerationConfig

        place = pinned.weights_folder(own) if own else folder
        gguf = own.gguf if own else None
        settings = gguf_file.unpacked(gguf) if gguf else {"use_safetensors": True}
        settings |= {"dtype": about.dtype if about else "float32", "attn_implementation": about.attention if about else "sdpa"}
        if about:
            settings["config"], _ = architecture.configuration(place, gguf)
        with light_imports.undrawn(), gguf_file.without_bar() if gguf else contextlib.nullcontext():
            model, found = AutoModelForCausalLM.from_pretrained(
                place, trust_remote_code=False, output_loading_info=True, **settings
            )
        # Transformers would draw a missing weight at random and go on.
        if found["missing_keys"]:
            raise ValueError(f"no weights for {sorted(found['missing_keys'])[0]}")
        if about:
            model.name_or_path = about.model  # what an adapter's configuration will name, on any machine
            model.revision = about.commit  # and at which commit of the hub
            model.generation_config = GenerationConfig()  # some models' own one penalises repetition, numbers too
        model = to_device(model, about.device if about else _device_of(base or folder))
        if model.dtype == torch.bfloat16 and model.device.type == "cpu":
            products.at_once(model.get_output_embeddings())
        return model


def _device_of(base: str | Path) -> pinned.Device:
    """Where a base that the pipeline pretrained is to be computed."""
    record = Path(base) / CALIBRATION
    found: pinned.Device = read_json(record)["device"] if record.is_file() else "cpu"
    return found


def to_device(model: "PreTrainedModel", asked: pinned.Device) -> "PreTrainedModel":
    """The model where it is to be computed: on a GPU if one is asked for and there is one, each process on its own."""
    import torch

    if asked == "cpu" or not torch.cuda.is_available():
        return model
    torch.set_deterministic_debug_mode("default")  # on a GPU such kernels would cost too much
    place = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    torch.cuda.set_device(place)  # else libraries that ask for the current GPU find the first, in every process
    return model.to(place)


class _Readable:
    """Turns the many ways in which a weights folder can be unreadable into one sentence, which ends with what helps."""

    def __init__(self, folder: str | Path, remedy: str = AGAIN) -> None:
        self.folder, self.remedy = folder, remedy

    def __enter__(self) -> None:
        if not Path(self.folder).is_dir():
            raise UserError(f"{self.folder}: there is no such model folder.")

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is not None and (found := out_of_memory.missing(error)):
            help_ = "take a smaller model or dtype: bfloat16, or a device with more"
            raise UserError(f"{self.folder}: the model does not fit: {found}; {help_}.") from error
        if isinstance(error, Exception) and not isinstance(error, UserError):
            problem = first_line(error)
            # Making or fetching the files again would not help.
            remedy = "" if isinstance(error, ImportError | PermissionError) else f"; {self.remedy}"
            raise UserError(f"{self.folder}: the model cannot be loaded ({problem}){remedy}.") from error


def make_trainable(model: "PreTrainedModel", method: Method, recipe: Trainable, adapter_seed: int) -> Any:
    """Freeze all of ``model`` but what ``method`` trains, and return it (wrapped by PEFT for LoRA).

    ``bitfit`` trains every bias after the first ``recipe.frozen_blocks`` blocks, those of layer norms too; ``lora`` adds
    adapters to all linear layers but the head, with weights drawn from ``adapter_seed``; ``full`` trains everything. Of a model
    that also sees or hears, all this is in its language part: texts do not reach the others.

    Raises:
        UserError: the model has no biases to train, no layer of that name, or cannot save memory.
    """
    if recipe.save_memory and not model.supports_gradient_checkpointing:
        raise UserError(f"save_memory: {type(model).__name__} cannot compute activations again; leave it out.")
    if recipe.save_memory:
        model.activation_checkpointing_enable()
    if method == "lora":
        return adapters.fresh(model, recipe, adapter_seed)
    _, language = architecture.language_part(model)
    head = model.get_output_embeddings()
    reached = {id(parameter) for part in (language, head) if part is not None for parameter in part.parameters()}
    found = 0
    for name, parameter in model.named_parameters():
        block = BLOCK.search(name)
        early = block is not None and int(block[1]) < recipe.frozen_blocks
        wanted = method == "full" or (name.endswith("bias") and not early)
        # A model keeps some parameters fixed that are not learned by gradients, such as a router's correction.
        parameter.requires_grad_(wanted and parameter.requires_grad and id(parameter) in reached)
        found += parameter.requires_grad
    if not found:
        raise UserError(f"method bitfit: {type(model).__name__} has no biases to train; choose lora or full.")
    return model


def save(model: Any, folder: str | Path, tokenizer: "PreTrainedTokenizerBase | None" = None) -> None:
    """Save whole weights, or the adapter alone for a PEFT model; files appear whole or not at all.

    Weights of another kind that an earlier study left in the folder are removed: a folder holds one model.
    """
    configs = getattr(model, "peft_config", {})
    for adapter in configs.values():
        adapter.target_modules = sorted(adapter.target_modules)  # a set, whose order differs between processes
        adapter.revision = getattr(model, "revision", None)  # by name alone, PEFT would load the hub's newest base
    with atomic_folder(folder) as temporary:
        with light_imports.without("torch.distributed.tensor"):  # only to see that no weight is such a tensor
            # Else PEFT asks the hub whether the base's vocabulary was another.
            model.save_pretrained(temporary, safe_serialization=True, **({"save_embedding_layers": False} if configs else {}))
        (temporary / "README.md").unlink(missing_ok=True)  # PEFT's empty model card
        if tokenizer is not None:
            tokenizer.save_pretrained(temporary)
        remove_weights(folder, but={file.name for file in temporary.iterdir()})


def remove_weights(folder: str | Path, but: Iterable[str] = ()) -> None:
    """Remove a folder's weights, whole or adapter, except the files named."""
    for name in {*MODEL_FILES, *adapters.FILES} - set(but):
        (Path(folder) / name).unlink(missing_ok=True)


def chat(system: str, user: str) -> list[dict[str, str]]:
    """One user turn, after a system prompt if there is one."""
    turns = [{"role": "system", "content": system}] if system else []
    return [*turns, {"role": "user", "content": user}]


def encode_prompts(tokenizer: "PreTrainedTokenizerBase", chats: Sequence[list[dict[str, str]]]) -> list[list[int]]:
    """Token ids of the chats, up to where the assistant answers.

    Raises:
        UserError: the template does not take these turns.
    """
    return turns.ids(tokenizer, turns.prompts(tokenizer, chats))


class Models:
    """Models asked one after another: a pinned base is loaded once, and the adapters on it are swapped."""

    def __init__(self) -> None:
        self._base: PreTrainedModel | None = None
        self._folder = ""
        self._adapted: Any = None
        self.tokenizer = cache(load_tokenizer)

    def get(self, folder: str, base: str) -> Any:
        """The model in ``folder``, on its base; the one before must no longer be used."""
        if self._adapted is not None:
            self._base, self._adapted = self._adapted.unload(), None
        is_adapter = adapters.is_in(folder)
        if pinned.read(base) is None or not (is_adapter or folder == base):
            return load(folder, base)
        if self._folder != base:
            self._base, self._folder = None, base  # frees the one before
            self._base = load(base)
        assert self._base is not None
        if not is_adapter:
            return self._base
        with _Readable(folder):
            self._adapted = adapters.as_computed(adapters.attach(Path(folder), self._base, base))
        return self._adapted


def load_teacher(folder: str | Path, base: str | Path) -> "PreTrainedModel":
    """A teacher's model: its own weights, or for a prompted teacher, which has none, those of its base."""
    names = ("model.safetensors", "adapter_model.safetensors", pinned.GIVEN)
    has_weights = any((Path(folder) / name).exists() for name in names)
    return load(folder if has_weights else base, base)
