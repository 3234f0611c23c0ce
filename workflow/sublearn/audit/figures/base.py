"""What the figures of audit studies share."""

from sublearn.core.figures import Figure
from sublearn.core.registry import Registry

FIGURES = Registry("sublearn.audit.figures", Figure, "figure")
