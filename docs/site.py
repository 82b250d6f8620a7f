"""Build the pages of `docs/` and of the repository's root into the site that a gateway serves at ``/docs/``.

``python docs/site.py`` writes the folder `gateway/rulemint_gateway/site` anew; ``make docs-site`` runs it. Sphinx makes
the pages, and is there only for that: it is installed into a folder that is removed afterwards. This program gives
Sphinx a copy in which links lead to what the site has, and names the inline scripts and styles of the result for the
gateway's policy.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "gateway/rulemint_gateway/site"
ROOT_PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
SCHEME = re.compile(r"[a-z]+:|/|#")
_LINK = re.compile(r"\[([^\[\]]*)\]\(([^)\s]+)\)")
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_CODE = re.compile(r"^ *```.*?^ *```$|^ {4}[^\n]+$", re.MULTILINE | re.DOTALL)
_SCRIPT = re.compile(r"<script(?![^>]*(?:\bsrc=|application/))[^>]*>(.*?)</script>", re.DOTALL)
_ATTRIBUTE = re.compile(r"""(?<=[\w"']) style="([^"]*)"(?=[^<>]*>)""")
_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)


def build(into: Path = BUILT) -> None:
    """Build the site and put it in the place of *into*."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        copy_pages(work / "pages")
        shutil.copy(ROOT / "docs/conf.py", work / "pages")
        _empty_style_sheet(work / "pages")
        _install(work / "tools")
        _sphinx(work)
        site = work / "site"
        for left_over in (".buildinfo", "objects.inv"):
            (site / left_over).unlink(missing_ok=True)
        move_styles(site)
        (site / "inline.json").write_text(json.dumps(inline_of(site)), encoding="utf-8")
        new = into.with_name(f".{into.name}.{os.getpid()}")
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(site, new)
        old = into.with_name(f".{into.name}.{os.getpid()}.old")
        if into.exists():
            into.rename(old)
        new.rename(into)  # a gateway that serves the site has it again at once
        shutil.rmtree(old, ignore_errors=True)


def copy_pages(into: Path) -> None:
    """Copy all pages, pictures and linked files, with links between the copies."""
    for page in [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in ROOT_PAGES)]:
        copy = into / place_of(page)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(_with_links(page, into), encoding="utf-8")
    index = into / "index.md"
    with index.open("a", encoding="utf-8") as lines:
        lines.write(side_bar(index.read_text(encoding="utf-8")))
    decisions = into / "decisions/README.md"
    with decisions.open("a", encoding="utf-8") as lines:
        lines.write(_toctree("Decisions", sorted(page.name for page in decisions.parent.glob("0*.md"))))


def side_bar(index: str) -> str:
    """The side bar of all pages: what each section of the *index* links to, in its order."""
    _, *parts = _SECTION.split(index)
    sections = zip(parts[::2], parts[1::2], strict=True)
    return "".join(
        _toctree(heading, dict.fromkeys(link[2].partition("#")[0] for link in _LINK.finditer(text)))
        for heading, text in sections
    )


def _toctree(caption: str, pages: Iterable[str]) -> str:
    return "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""])


def place_of(file: Path) -> Path:
    """The place of a file of the repository below the site's pages."""
    path = file.relative_to(ROOT)
    if path.name in ROOT_PAGES and len(path.parts) == 1:
        return Path(path.name.lower())
    if path.parts[0] == "docs":
        return path.relative_to("docs")
    return path.with_name(f"{path.name}.txt")  # code of the examples: a browser shows it


def _with_links(page: Path, into: Path) -> str:
    """The text of *page* with its links as they are in the copy."""
    text, pieces, end = page.read_text(encoding="utf-8"), [], 0
    for code in _CODE.finditer(text):
        pieces += [_relinked(text[end : code.start()], page, into), code[0]]
        end = code.end()
    return "".join([*pieces, _relinked(text[end:], page, into)])


def _relinked(text: str, page: Path, into: Path) -> str:
    return _LINK.sub(lambda link: _link(link[1], link[2], page, into), text)


def _link(label: str, target: str, page: Path, into: Path) -> str:
    if SCHEME.match(target):
        return f"[{label}]({target})"
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve()
    if not file.is_file():  # a folder, or a file that the build of an image does not see
        return label
    place = place_of(file)
    if file.suffix != ".md":
        copy = into / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, copy)
    relative = os.path.relpath(into / place, (into / place_of(page)).parent)
    return f"[{label}]({relative}{'#' if anchor else ''}{anchor})"


def _install(tools: Path) -> None:
    """Install Sphinx, exactly as the lock says, where nothing else is."""
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "install",
        "--no-compile",
        "--prefer-binary",
    ]
    _run([*pip, "--require-hashes", "--target", tools, "-r", ROOT / "docs/requirements.lock"])


def _sphinx(work: Path) -> None:
    """Build the pages. A link that leads nowhere ends it."""
    options = ["--builder", "dirhtml", "--jobs", "auto", "--quiet", "--fail-on-warning", "--keep-going"]
    folders = ["--doctree-dir", work / "doctrees", work / "pages", work / "site"]
    _run([sys.executable, "-m", "sphinx", *options, *folders], PYTHONPATH=str(work / "tools"))


def _run(argv: list[str | Path], **variables: str) -> None:
    done = subprocess.run(
        argv, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout}the pages of /docs were not built; make docs-site tries again")


def _empty_style_sheet(pages: Path) -> None:
    sheet = pages / "_static/inline.css"
    sheet.parent.mkdir(exist_ok=True)
    sheet.touch()


def move_styles(site: Path) -> None:
    """Move the style attributes of all pages into a style sheet, because a strict policy allows none."""
    numbers: dict[str, int] = {}

    def moved(attribute: re.Match[str]) -> str:
        return f' data-style="{numbers.setdefault(attribute[1], len(numbers))}"'

    for page in site.rglob("*.html"):
        page.write_text(_ATTRIBUTE.sub(moved, page.read_text(encoding="utf-8")), encoding="utf-8")
    rules = (f'[data-style="{number}"] {{ {html.unescape(style)} }}\n' for style, number in numbers.items())
    (site / "_static/inline.css").write_text("".join(rules), encoding="utf-8")


def inline_of(site: Path) -> dict[str, list[str]]:
    """The scripts and styles that stand in pages of *site*, as a policy names them."""
    pages = [page.read_text(encoding="utf-8") for page in site.rglob("*.html")]
    return {
        kind: sorted({source_of(text) for page in pages for text in pattern.findall(page)})
        for kind, pattern in (("scripts", _SCRIPT), ("styles", _STYLE))
    }


def source_of(text: str) -> str:
    """Name an inline script or style as a policy does (CSP 3 §2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    build()
