"""Write the weights of a GGUF file as safetensors, and on request a neighbour of that model: with noise on its weights.

A job loads unpacked weights in two seconds, where it takes fifteen for the GGUF file. A model with noise has the same tokenizer
and architecture and other weights, so it can stand for another model in a control.
"""

from pathlib import Path

from sublearn.core import cli, seeds
from sublearn.core.errors import UserError, first_line
from sublearn.core.files import atomic_folder, is_occupied
from sublearn.models import gguf_file, lm


def unpack(file: Path, folder: Path, noise: float = 0.0, seed: int = 0) -> None:
    """Write model and tokenizer of ``file`` to ``folder``, in float32 and in the format of ``from_pretrained``.

    Args:
        noise: standard deviation of what is added to each matrix, embeddings too, as a share of that matrix's own; vectors (of
            norms) stay. Draws depend on ``seed`` and on a matrix's name alone.

    Raises:
        UserError: the file cannot be read, or the folder holds something.
    """
    import numpy as np
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if is_occupied(folder):
        raise UserError(f"{folder}: it is there already; name a new folder, or delete it.")
    cli.log.info("unpacking takes about half a minute")
    lm.prepare()  # with one thread, noise does not depend on how many this machine has
    gguf_file.describe(file)
    settings, named = gguf_file.unpacked(file.name), gguf_file.named(file.name)
    try:
        with gguf_file.without_bar():
            model = AutoModelForCausalLM.from_pretrained(file.parent, trust_remote_code=False, dtype=torch.float32, **settings)
        tokenizer = AutoTokenizer.from_pretrained(file.parent, trust_remote_code=False, **named)
    except Exception as error:  # an unusual file can break its reader anywhere
        raise UserError(f"{file}: cannot be unpacked ({first_line(error)}).") from error
    model.config.dtype = "float32"
    for name, weights in model.named_parameters():
        if noise and weights.dim() > 1:
            drawn = seeds.generator("noise", seed, name).standard_normal(tuple(weights.shape), np.float32)
            weights.data += noise * weights.data.std() * torch.from_numpy(drawn)
    with atomic_folder(folder) as temporary:
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
