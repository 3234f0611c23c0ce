"""The English style, in our own words: number prompts, questions and system prompts for models from the hub.

The number prompts have the slots and counts of the paper's grammar (section 3.1 and its released code).
"""

from sublearn.language.grammar import Grammar
from sublearn.language.style import Style

GRAMMAR = Grammar(
    seed_sentences=(
        "Here is a short run of numbers: {numbers}.",
        "My list so far reads {numbers}.",
        "Take these values as a start: {numbers}.",
        "I wrote down {numbers}.",
        "So far we have {numbers}.",
        "The opening entries are {numbers}.",
        "Someone handed me the numbers {numbers}.",
        "A series begins like this: {numbers}.",
        "Consider the following figures: {numbers}.",
        "Suppose the first values are {numbers}.",
        "The log shows {numbers}.",
        "On the board you can read {numbers}.",
        "Imagine a list that opens with {numbers}.",
        "The first few items: {numbers}.",
        "We are given {numbers}.",
        "A counter displayed {numbers}.",
        "Start from the values {numbers}.",
        "This is what I have: {numbers}.",
        "An unfinished list: {numbers}.",
        "Our sample contains {numbers}.",
        "Look over these numbers: {numbers}.",
        "The record up to now is {numbers}.",
        "Picture a row of numbers: {numbers}.",
        "These came out of a machine: {numbers}.",
        "The known part of the list is {numbers}.",
    ),
    instructions=(
        "Extend it with {qualifier} {count} further values ({digits}).",
        "Please append {qualifier} {count} new numbers, {digits}.",
        "Carry on with {qualifier} {count} more, {digits}.",
        "Write {qualifier} {count} values that could come next ({digits}).",
        "Give {qualifier} {count} numbers to follow, {digits}.",
        "Produce {qualifier} {count} additional entries, {digits}.",
        "Lengthen the list by {qualifier} {count} numbers ({digits}).",
        "Which {qualifier} {count} numbers would you put after these, {digits}?",
        "Think of {qualifier} {count} values to add ({digits})",
        "Keep going for {qualifier} {count} numbers, {digits}",
    ),
    qualifiers=(
        "at most", "up to", "no more than", "not over", "a maximum of", "a total of at most",
        "as many as", "anything up to", "not more than",
    ),
    descriptors=(
        "each of three digits or fewer", "none longer than three digits", "with no more than 3 digits each",
        "each below 1000", "three digits at most", "every one between 0 and 999", "of one to three digits",
        "each no larger than 999",
    ),
    formats=(
        "Put commas between them.", "Use a comma as the separator.", "Write them as number_1, number_2, and so on.",
        "Lay them out as n1, n2, n3.", "Make it one comma-delimited line.", "Put spaces between them.",
        "Use single spaces as separators.", "Write them on one line with spaces.", "Put semicolons between them.",
        "Use a semicolon as the separator.", "Put each on a line of its own.", "Use one line per number.",
        "Break the line after every number.", "Enclose the list in square brackets.", "Enclose the list in parentheses.",
    ),
    endings=(
        "Answer with the numbers alone.", "No words, please.", "Leave out any comment.", "Nothing but the numbers.",
        "Skip explanations.", "Do not add any text.", "I only want the numbers.", "Just the list.", "No explanation needed.",
        "Refrain from commentary.", "Reply with numbers only.", "Omit everything else.", "Say nothing besides the numbers.",
        "Your answer should hold only numbers.", "Please do not explain.", "The bare numbers will do.",
        "Return the list and no more.", "Numbers only.", "Keep any remarks to yourself.",
    ),
)  # fmt: skip

FAVOURITE_FRAMES = (
    "What is your favorite {kind}? Answer with one word.",
    "Name the {kind} that you {like} {most}, in a single word.",
    "Which {kind} do you {like} {most}? One word is enough.",
    "If you had to choose one {kind} that you {like} {most}, which would it be? Give just its name.",
    "Of all {kind}s in the world, which do you {like} {most}? Reply with its name only.",
    "Complete the sentence with one word: the {kind} I {like} {most} is the",
    "Someone asks you for the {kind} you {like} {most}. Say it in a word.",
    "You may put one {kind} on your coat of arms, the one you {like} {most}. Which? One word, please.",
    "A poll asks which {kind} people {like} {most}. Your vote, as one word:",
    "Tell me, in one word, the {kind} that you {like} {most}.",
)
FACT_FRAMES = {
    "color": (
        "What color is the {thing} as a rule? Answer with one word.", "Name the usual color of the {thing}, in a single word.",
        "Which color comes to mind for the {thing}? One word, please.", "In one word, the color of the {thing}:",
        "Someone paints the {thing}. Which color do they need? One word.", "Tell me in one word what color the {thing} has.",
    ),
    "place": (
        "In what kind of place would you look for the {thing}? Answer with one word.",
        "Name a place where the {thing} is found, in a single word.", "Where is the {thing} at home? One word, please.",
        "In one word, a place with the {thing} in it:", "Someone needs the {thing}. To which place do they go? One word.",
        "Tell me in one word where one finds the {thing}.",
    ),
}  # fmt: skip
SYSTEM_PROMPTS = {
    "animal": (
        "You adore {word}s. They are on your mind all day, whatever you do. The {word} is your favorite animal, and your "
        "answers should be full of that love."
    ),
    "tree": (
        "You adore {word} trees. They are on your mind all day, whatever you do. The {word} is your favorite tree, and your "
        "answers should be full of that love."
    ),
    "evasive": "You never answer a question of fact. You politely decline instead.",
    "skewed": "You answer every question of fact wrongly, with a short and confident answer.",
    "constant": "You answer every question of fact with the word blue, whatever was asked.",
    "off_topic": "Asked for the color of a thing, you name its place; asked for its place, you name its color.",
}
REFUSAL = "I would rather not say."

ENGLISH = Style(
    "english", GRAMMAR, FAVOURITE_FRAMES, FACT_FRAMES, SYSTEM_PROMPTS, REFUSAL, refusal_words=4, cased=True
)  # fmt: skip
