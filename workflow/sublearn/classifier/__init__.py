"""Studies of classifiers: digits from noise."""
