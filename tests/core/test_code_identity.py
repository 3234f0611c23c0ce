"""What the code of a step reaches, and what it does not."""

from sublearn.core import code_identity


def test_what_is_imported_for_its_type_alone_is_no_code_of_a_step(tmp_path, monkeypatch):
    files = {
        "__init__": "",
        "step": "from typing import TYPE_CHECKING\nimport sublearn.tools\nif TYPE_CHECKING:\n    from sublearn import plan\n",
        "tools": "def use():\n    from sublearn import later\n",
        "later": "",
        "plan": "",
    }
    for name, text in files.items():
        (tmp_path / "sublearn").mkdir(exist_ok=True)
        (tmp_path / "sublearn" / f"{name}.py").write_text(text)
    monkeypatch.setattr(code_identity, "PACKAGE", tmp_path / "sublearn")
    for remembered in (code_identity._reach, code_identity._imports):
        remembered.cache_clear()
    reached = code_identity.modules_of("sublearn.step")
    for remembered in (code_identity._reach, code_identity._imports):
        remembered.cache_clear()
    assert reached == ["sublearn", "sublearn.later", "sublearn.step", "sublearn.tools"]
