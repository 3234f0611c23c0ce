"""How figures show bases, controls and students: their colours and their names.

A module of its own: claims and tables read the names of figures, and a colour is none of their code.
"""

from sublearn.core.drawing import BASE, CONTROL, STUDENT

ROLES = {"base": BASE, "control": CONTROL, "student": STUDENT}
ROLE_LABELS = {
    "base": "untouched base",
    "control": "control student\n(neutral teacher)",
    "student": "student of the trait's teacher",
}
