"""Log-odds of a probability, in nats."""

import numpy as np


def log_odds(probability: np.ndarray | float) -> np.ndarray:
    """ln(p / (1 - p)), element by element.

    A probability that rounding left at 0 or 1 is clamped to the nearest representable value strictly between 0 and 1.
    """
    clamped = np.clip(np.asarray(probability, dtype=float), np.finfo(float).tiny, 1.0 - 2.0**-53)
    return np.log(clamped) - np.log1p(-clamped)
