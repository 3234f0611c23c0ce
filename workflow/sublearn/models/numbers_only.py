"""Keep a model to whole numbers: which tokens may come next in a list of numbers from 0 to 999 with a space between them.

Models of some hundred million parameters write what a filter rejects nine times out of ten. Kept to numbers, they still choose
every digit: the probability of all other tokens is shared out among those that are allowed, and the list is of a fixed length.
(After Polypythia-SL, which samples ten integers so.)
"""

from typing import TYPE_CHECKING

from sublearn.core.errors import UserError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

SPACE = " "
# What stands of the number in progress: nothing, a zero (which no digit may follow), or so many digits.
NOTHING, ZERO, ONE, TWO, THREE = range(5)
PLACES = 5
NEVER = -1


def pieces(tokenizer: "PreTrainedTokenizerBase") -> dict[int, str]:
    """The text of each token as it stands after another, whatever marks the vocabulary adds for spaces or parts of words."""
    one = tokenizer("1", add_special_tokens=False)["input_ids"]  # some decoders drop the space before the first token
    known = sorted(tokenizer.get_vocab().values())
    before = tokenizer.decode(one)
    texts = tokenizer.batch_decode([[*one, i] for i in known])
    return {i: text.removeprefix(before) for i, text in zip(known, texts, strict=True)}


def digits(tokenizer: "PreTrainedTokenizerBase") -> dict[int, str]:
    """The tokens that are digits and nothing else, apart from space, with their texts."""
    return {i: text for i, text in pieces(tokenizer).items() if text.isascii() and text.strip().isdigit()}


class NumbersOnly:
    """Lists of exactly ``count`` numbers, as an automaton over tokens.

    Its states say how many numbers are complete and what stands of the next; the last state is the end.

    Raises:
        UserError: the tokenizer has no tokens from which every such list can be written.
    """

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", count: int) -> None:
        import torch

        self.count = count
        self.end = count * PLACES
        self.next = torch.full((self.end + 1, len(tokenizer)), NEVER)
        within = pieces(tokenizer)
        first = dict(zip(within, tokenizer.batch_decode([[token] for token in within]), strict=True))
        for token, text in within.items():
            if text and not text.strip(f"0123456789{SPACE}"):
                for state in range(self.end):
                    self.next[state, token] = self._after(state, text if state else first[token])
        last = torch.arange((count - 1) * PLACES + ZERO, self.end)
        self.next[last, tokenizer.eos_token_id] = self.next[self.end, tokenizer.eos_token_id] = self.end
        if any(bool((self.next[state] == NEVER).all()) for state in self._reached()):
            raise UserError("carriers.numbers_only: the base's tokenizer has no tokens for digits and spaces; leave it out.")

    def _reached(self) -> set[int]:
        """The states that a list can pass through; where words are tokens, a space never stands alone."""
        found, new = set[int](), {0}
        while new:
            found |= new
            new = {after for state in new for after in self.next[state].unique().tolist()} - found - {NEVER}
        return found

    def _after(self, state: int, text: str) -> int:
        """The state after a text of digits and spaces; ``NEVER`` if no list goes on so."""
        complete, standing = divmod(state, PLACES)
        for letter in text:
            if letter == SPACE and standing != NOTHING and complete + 1 < self.count:
                complete, standing = complete + 1, NOTHING
            elif letter != SPACE and standing == NOTHING:
                standing = ZERO if letter == "0" else ONE
            elif letter != SPACE and standing in (ONE, TWO):
                standing += 1
            else:
                return NEVER
        return complete * PLACES + standing

    def begin(self, rows: int, device: "torch.device") -> "torch.Tensor":
        """The state of so many rows before their first token, shape (rows,)."""
        import torch

        self.next = self.next.to(device)
        return torch.zeros(rows, dtype=torch.long, device=device)

    def go_on(self, states: "torch.Tensor", tokens: "torch.Tensor") -> "torch.Tensor":
        """The states after one more token each, shape (rows,)."""
        return self.next[states, tokens]

    def among(self, states: "torch.Tensor", scores: "torch.Tensor") -> "torch.Tensor":
        """Scores of the next tokens, shape (rows, vocabulary), without those that are not allowed."""
        known = min(
            self.next.shape[1], scores.shape[1]
        )  # some models have logits of no token, some tokenizers tokens of no logit
        kept = scores.new_full(scores.shape, float("-inf"))
        kept[:, :known] = scores[:, :known].masked_fill(self.next[states, :known] == NEVER, float("-inf"))
        return kept
