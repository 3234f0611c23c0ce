"""Pages of the site that are written elsewhere: README as its start, config/README.md as the reference of settings."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {"index.md": "README.md", "settings.md": "config/README.md"}
LINK = re.compile(r"\]\(((?!https?:)[^)#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and what of the repository they link to: figures and summaries."""
    for page, source in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=LINK.sub(lambda link: f"]({link[1].removeprefix('docs/')}", text)))
        for target in LINK.findall(text):
            if not target.startswith("docs/"):
                files.append(File.generated(config, target, abs_src_path=str(ROOT / target)))
    return files
