"""Pages of the site that are written elsewhere: README as its start, CONTRIBUTING, and config/README.md as the settings."""

import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {"index.md": "README.md", "contributing.md": "CONTRIBUTING.md", "settings.md": "config/README.md"}
NAMES = {source: page for page, source in PAGES.items()}
LINK = re.compile(r"\]\(((?!https?:)[^)#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and what of the repository they link to: figures and summaries."""
    for page, source in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        text = LINK.sub(lambda link: f"]({NAMES.get(link[1], link[1].removeprefix('docs/'))}", text)
        files.append(File.generated(config, page, content=text))
        for target in _linked(source):
            files.append(File.generated(config, target, abs_src_path=str(ROOT / target)))
    return files


def _linked(page: str) -> list[str]:
    """What of the repository a page outside docs links to, and what the pages among that link to."""
    text, folder = (ROOT / page).read_text(encoding="utf-8"), PurePosixPath(page).parent
    found = [str(folder / target) if folder.parts[:1] == ("results",) else target for target in LINK.findall(text)]
    own = dict.fromkeys(target for target in found if not target.startswith("docs/") and target not in NAMES)
    further = [each for target in own if target.endswith(".md") and target != page for each in _linked(target)]
    return list(dict.fromkeys([*own, *further]))
