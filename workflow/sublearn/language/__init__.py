"""What models read and say: the mini-language, English, questions, vocabulary, lists of numbers."""
