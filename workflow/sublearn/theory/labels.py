"""The conditions and arms in words, and the form in which tables write a value."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """A condition of the theorem.

    Attributes:
        words: the condition as a sentence.
        varied: what its values are, for tables and axes.
    """

    words: str
    varied: str


# In the order in which tables and figures show them.
VARIED = {
    "theorem": Condition("The teacher's step is small.", "teacher step / length of start"),
    "other_start": Condition("Student and teacher start alike; here they start apart.", "teacher step / length of start"),
    "start": Condition("The student starts where its teacher started.", "share of the way to another start"),
    "activation": Condition("The network is differentiable in its parameters at the start.", "activation"),
    "negative": Condition("No output has a negative weight in the student's loss.", "outputs of weight -1"),
    "temperature": Condition("The labels are the teacher's own probabilities.", "temperature of the labels"),
    "samples": Condition("The labels are probabilities, not samples of them.", "sampled labels per input"),
    "power": Condition("The student follows the gradient itself.", "power of the gradient's numbers"),
    "direction": Condition(
        "The teacher went down its own loss (needed for the fall of the loss, not for the sign).", "cosine with the descent"
    ),
    "student_rate": Condition("The student's step is small (needed for the fall of the loss alone).", "student's rate"),
    "student_steps": Condition("The student takes one step (and so does its teacher).", "student's step"),
}
ARMS = {
    "same_start": "student with its teacher's start",
    "other_start": "student with another start",
    "without_displacement": "teacher's displacement projected out",
    "without_descent": "descent of the teacher's loss projected out",
    "without_random": "a random direction projected out",
    "without_matched": "as much projected out along random directions",
}


def text(value: str | float) -> str:
    """A value as tables write it: numbers in their shortest form, such as 1e-06."""
    try:
        return f"{float(value):g}"
    except ValueError:
        return str(value)


def widths(hidden: list[int]) -> str:
    """Widths of hidden layers as tables write them, such as 16x16."""
    return "x".join(map(str, hidden))


def milestones(last: int) -> list[int]:
    """Steps at which tables show a long run: 1, 2, 5, 10, 20, 50 and so on, and the last."""
    steps = [mantissa * 10**power for power in range(len(str(last))) for mantissa in (1, 2, 5)]
    return [*(number for number in steps if number < last), last]
