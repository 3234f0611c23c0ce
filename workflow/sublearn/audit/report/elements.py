"""Make HTML as a tree, so that text can never become markup."""

from xml.etree.ElementTree import Element, tostring

Inside = Element | str | None


def element(tag: str, /, *inside: Inside, **attributes: str | float | None) -> Element:
    """An element that holds texts and other elements, in order; None is left out.

    An attribute's name may end in ``_`` (``class_``) and has ``-`` for ``_`` (``aria_label``).
    """
    made = Element(tag)
    for attribute, value in attributes.items():
        if value is not None:
            made.set(attribute.rstrip("_").replace("_", "-"), f"{value:g}" if isinstance(value, float) else str(value))
    for each in inside:
        if isinstance(each, str):
            _append_text(made, each)
        elif each is not None:
            made.append(each)
    return made


def _append_text(made: Element, text: str) -> None:
    if len(made):
        made[-1].tail = (made[-1].tail or "") + text
    else:
        made.text = (made.text or "") + text


def html(root: Element) -> str:
    """The tree as an HTML document."""
    return "<!DOCTYPE html>\n" + tostring(root, encoding="unicode", method="html") + "\n"
