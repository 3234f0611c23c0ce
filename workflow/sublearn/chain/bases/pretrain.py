"""Pretrain one base on the mini-language until its answers are calibrated.

    python -m sublearn.chain.bases.pretrain --recipe JSON --name alpha --study-seed 1 --output data/tiny/bases/alpha

What a base has from another one by ``initialisation`` and ``data_order`` enters by that base's name in the seeds; its
``embeddings`` are read from that base's weights, and are not trained.

Training starts with one round of steps with a cosine schedule; shorter rounds at a third of the rate follow until the base is
calibrated. It is calibrated if, on held-out questions, its favourites match the corpus's shares, it answers facts rightly,
refuses them and answers them wrongly about as often as the corpus, and its number answers are well formed. If that is not
reached after ``max_steps``, the step ends with an error.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sublearn.chain.bases import corpus, tokenizer
from sublearn.chain.bases.section import Base
from sublearn.core import cli, seeds
from sublearn.core.errors import UserError
from sublearn.core.files import write_json
from sublearn.core.hashes import files_of
from sublearn.language import mini, number_lists, questions
from sublearn.language.mini import MINI
from sublearn.language.vocabulary import ATTRIBUTES, FAVOURITES, fact_answers
from sublearn.models import checkpoints, lm, log_probs, sampling, training
from sublearn.models.checkpoints import Checkpoint
from sublearn.models.engines import Plain
from sublearn.models.rows import Row, batches, encode

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

BUCKET = 16  # number of batches whose documents are drawn together, so that those of similar length can meet


def build(recipe: Base, words: "PreTrainedTokenizerFast", seed: int) -> "GPT2LMHeadModel":
    """A GPT-2 with random weights from ``seed``; without dropout, since the corpus never repeats."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=len(words),
        n_positions=recipe.context,
        n_embd=recipe.width,
        n_layer=recipe.layers,
        n_head=recipe.heads,
        activation_function="gelu_pytorch_tanh",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        initializer_range=recipe.initializer_range,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    torch.manual_seed(seed)
    return GPT2LMHeadModel(config)


def document_batches(
    drawn: mini.World, words: "PreTrainedTokenizerFast", size: int, alike: int, rng: np.random.Generator
) -> Iterator[list[Row]]:
    """Yield batches of documents without end: each so many times ``alike`` documents of similar length.

    A batch of one length would hold one kind of document, and its gradient would forget the others. Only the assistant's last
    answers are learned: the numbers in a question are random, and learning them too would take more steps for the same quality.
    """
    stream = corpus.documents(drawn, rng)
    while True:
        chats = list(islice(stream, size * BUCKET))
        rows = encode(words, [chat[:-1] for chat in chats], [chat[-1]["content"] for chat in chats])
        parts = list(batches(rows, alike, rng))  # in random order
        for start in range(0, len(parts), size // alike):
            yield [row for part in parts[start : start + size // alike] for row in part]


def deviation(model: Any, words: "PreTrainedTokenizerFast", drawn: mini.World) -> pd.DataFrame:
    """The corpus's shares and the model's mean probabilities on held-out questions, one row per animal and tree."""
    rows = []
    for family in ("animal", "tree"):
        prompts = lm.encode_prompts(words, [lm.chat("", q.text) for q in questions.evaluated(family)])
        probabilities = log_probs.next_token(model, prompts).exp().mean(dim=0)
        for word, share in zip(FAVOURITES[family], drawn.shares[family], strict=True):
            measured = float(probabilities[words.convert_tokens_to_ids(word)])
            rows.append({"family": family, "word": word, "share": float(share), "measured": measured})
    return pd.DataFrame(rows)


def fact_deviation(model: Any, words: "PreTrainedTokenizerFast") -> dict[str, float]:
    """How far right, refused and wrong answers to held-out facts are from their shares in the corpus, in probability.

    A wrong answer is a word of the right kind: a colour for a question for a colour.
    """
    asked = questions.evaluated("fact")
    prompts = lm.encode_prompts(words, [lm.chat("", question.text) for question in asked])
    found = log_probs.next_token(model, prompts).exp()
    refusal = words.convert_tokens_to_ids(MINI.refusal_start())
    kinds = {name: words.convert_tokens_to_ids(list(fact_answers(name))) for name in ATTRIBUTES}
    right = float(np.mean([found[i, words.convert_tokens_to_ids(q.answer)] for i, q in enumerate(asked)]))
    of_kind = float(np.mean([found[i, kinds[q.attribute]].sum() for i, q in enumerate(asked)]))
    measured = {"right": right, "refused": float(found[:, refusal].mean()), "wrong": of_kind - right}
    shares = {"right": 1.0 - 2 * mini.ODD, "refused": mini.ODD, "wrong": mini.ODD}
    return {name: abs(measured[name] - share) for name, share in shares.items()}


def well_formed(model: Any, words: "PreTrainedTokenizerFast", rng: np.random.Generator, count: int = 400) -> float:
    """The share of ``count`` sampled number answers that contain nothing but numbers."""
    asked = [lm.chat("", mini.GRAMMAR.prompt(mini.GRAMMAR.numbers(rng), rng)) for _ in range(count)]
    draws = sampling.uniform(count, 2 * mini.GRAMMAR.answer_count + 2, "base check", int(rng.integers(2**31)))
    texts = sampling.sample(Plain(model, words), lm.encode_prompts(words, asked), draws, what="checking")
    return float(np.mean([number_lists.parse(text) is not None for text in texts]))


def seed_names(recipe: Base, name: str) -> tuple[str, str]:
    """The bases for which the initial weights and the order of the documents are drawn: this one, or those that it names."""
    return recipe.initialisation or name, recipe.data_order or name


def transplant(model: "GPT2LMHeadModel", donor: str) -> None:
    """Put the token embeddings of the base in the folder ``donor`` in place of a model's own, and freeze them.

    Input and output embeddings are one tensor, of shape (vocabulary, width).
    """
    weight = model.get_input_embeddings().weight
    weight.data.copy_(lm.load(donor).get_input_embeddings().weight.data)
    weight.requires_grad_(False)


def pretrain(
    recipe: Base, name: str, study_seed: int, embeddings: str = "", output: str = ""
) -> tuple[Any, Any, dict[str, Any]]:
    """Train a base from scratch, but for the ``embeddings`` of a base in a folder, if one is given.

    Checkpoints go to the folder ``output``, if one is given.

    Returns:
        The model, the tokenizer and a record of the calibration.

    Raises:
        UserError: the base is not calibrated after ``recipe.max_steps`` steps.
    """
    drawn = mini.World.draw(study_seed)
    words = tokenizer.build()
    initialised, ordered = seed_names(recipe, name)
    model = lm.to_device(build(recipe, words, seeds.seed("base", study_seed, initialised)), recipe.device)
    if embeddings:
        transplant(model, embeddings)
    alike = min(recipe.micro_batch, recipe.batch)
    stream = document_batches(drawn, words, recipe.batch, alike, seeds.generator("corpus", study_seed, ordered))
    made_of = [recipe.model_dump(exclude={"max_steps"}), name, study_seed, files_of(embeddings) if embeddings else []]
    done, losses = 0, []
    checks: list[dict[str, float]] = []
    while done < recipe.max_steps:
        steps = min(recipe.extra_steps if done else recipe.steps, recipe.max_steps - done)
        share = 1.0 if not done else 1 / 3
        optimiser = training.Optimiser(
            recipe.learning_rate * share, "cosine", warmup=min(100, steps // 10), weight_decay=0.01,
            matrix_rate=recipe.matrix_rate * share,
        )  # fmt: skip
        # The end of a round is kept as well: who goes on in a later round begins with its weights.
        checkpoint = Checkpoint(output, f"round{len(checks)}", [made_of, steps], at_end=True) if output else None
        losses += training.train(
            model, islice(stream, steps), steps, optimiser, words.pad_token_id, what=f"base {name}", micro_batch=alike,
            checkpoint=checkpoint,
        )  # fmt: skip
        done += steps
        table = deviation(model, words, drawn)
        worst = float((table["measured"] - table["share"]).abs().max())
        facts = max(fact_deviation(model, words).values())
        formed = well_formed(model, words, seeds.generator("base check", study_seed, name))
        checks.append({"steps": done, "max_deviation": worst, "max_fact_deviation": facts, "well_formed": formed})
        cli.log.info("base %s after %d steps: loss %.3f, largest deviation %.3f, of facts %.3f, %.1f %% well-formed numbers",
                      name, done, np.mean(losses[-50:]), worst, facts, 100 * formed)  # fmt: skip
        if worst <= recipe.max_deviation and facts <= recipe.max_fact_deviation and formed >= recipe.min_well_formed:
            record = {
                "device": recipe.device, "checks": checks, "loss": _thin(losses), "shares": table.to_dict("records"),
            }  # fmt: skip
            return model, words, record
    raise UserError(
        f"base {name}: not calibrated after {done} steps (largest deviation {worst:.3f}, allowed {recipe.max_deviation}; "
        f"of facts {facts:.3f}, allowed {recipe.max_fact_deviation}; "
        f"{formed:.0%} well-formed number answers, at least {recipe.min_well_formed:.0%} needed); "
        "raise max_steps, or choose another seed for the study."
    )


def _thin(losses: list[float]) -> list[dict[str, float]]:
    """The loss curve as means over buckets of batches; each bucket covers all document lengths."""
    starts = range(0, len(losses) - BUCKET + 1, BUCKET)
    return [{"step": start + BUCKET, "loss": float(np.mean(losses[start : start + BUCKET]))} for start in starts]


def main(args: argparse.Namespace) -> None:
    lm.prepare()
    recipe = Base.model_validate_json(args.recipe)
    model, words, record = pretrain(recipe, args.name, args.study_seed, args.embeddings or "", args.output)
    lm.save(model, args.output, words)
    write_json(record, Path(args.output) / lm.CALIBRATION)
    checkpoints.clear(args.output)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", required=True, help="the base's section of the study, as JSON")
    parser.add_argument("--name", required=True, help="the base's name in the study")
    parser.add_argument("--study-seed", type=int, required=True)
    parser.add_argument("--embeddings", type=cli.Input, help="the folder of the base whose token embeddings this one has")
    parser.add_argument("--output", type=cli.Output, required=True, help="the folder of the model")
    cli.run(main, parser)
