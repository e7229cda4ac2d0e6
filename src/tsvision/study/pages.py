"""Executed notebooks as Markdown pages to read in a browser: code, what it printed, tables, and links to the
figures.
"""

import ast
import re
from pathlib import Path

from tsvision.data import datasets
from tsvision.study import markdown

LINES = 12  # of what a cell printed, that a page shows
PICTURE = re.compile(r"!\[([^\]]*)\]\((?:\.\./)*figures/([^/)]+)\)")


def descriptions(texts):
    """{file: what is to be seen} of the pictures in the folder figures that Markdown texts show."""
    return {name: words for text in texts for words, name in PICTURE.findall(text)}


def page(stem, executed, figures, link, described=()):
    """A notebook's page, from its executed copy; its pictures are links to files of the folder `figures`, found at
    `link` from the page, and told by their title and, where `described` holds it, what is to be seen.

    The same copy gives the same page, without the path of the project on the machine that ran it, and without what went
    to stderr: bars and warnings. Raises ValueError where a cell failed or shows a picture that figures.save did not
    save in `figures`.
    """
    import nbformat  # here, for it takes seconds that only publishing needs
    from nbconvert import MarkdownExporter, filters, preprocessors

    executed, figures, defaults = Path(executed), Path(figures), {}
    notebook = nbformat.read(executed, as_version=4)
    notebook, _ = preprocessors.CoalesceStreamsPreprocessor().preprocess(notebook, {})
    for place, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        if "parameters" in tags:
            defaults = _assigned(cell.source)
        if "injected-parameters" in tags:
            notebook.cells[place] = nbformat.v4.new_markdown_cell(_run_with(_assigned(cell.source), defaults))
        elif cell.cell_type == "code":
            cell.source = cell.source.rstrip()
            try:
                shown = "\n\n".join(filter(None, (_shown(one, figures, link, described) for one in cell.outputs)))
            except ValueError as error:
                raise ValueError(f"{stem}, cell {place + 1}: {error}") from None
            cell.outputs = [nbformat.v4.new_output("display_data", {"text/markdown": shown})] if shown else []
    body = filters.strip_ansi(MarkdownExporter().from_notebook_node(notebook)[0])
    head = (
        f"[The notebook](../../notebooks/{stem}.ipynb) as `make {stem} PROFILE={executed.parent.name}` ran it · [all"
        " results](../results.md) · [words and columns](../method.md#the-words)"
    )
    text = re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", f"{head}\n\n{body.strip()}\n")
    ran = notebook.metadata.get("papermill", {}).get("input_path") or datasets.ROOT / "notebooks" / stem
    return text.replace(str(Path(ran).parent.parent), ".").replace(str(datasets.ROOT), ".")


def _assigned(source):
    """{name: value, as Python writes it} of a cell of parameters."""
    nodes = [node for node in ast.parse(source).body if isinstance(node, ast.Assign | ast.AnnAssign)]
    return {ast.unparse(getattr(node, "target", None) or node.targets[0]): ast.unparse(node.value) for node in nodes}


def _run_with(given, defaults):
    other = [f"`{name}={value}`" for name, value in given.items() if defaults.get(name) != value and name != "out"]
    return f"**Run with** {', '.join(other)}; all else as above." if other else "**Run with** these values."


def _shown(output, figures, link, described):
    """One output as Markdown; empty if a reader needs nothing of it."""
    if output.output_type == "error":
        raise ValueError(f"it failed with {output.ename}: {output.evalue}; a page shows what ran to its end")
    if output.output_type == "stream":
        return markdown.fenced(_printed(output.text)) if output.name == "stdout" else ""
    data = output.data
    if any(kind.startswith("image/") for kind in data):
        return _picture(data.get("text/plain", ""), figures, link, described)
    return (
        data.get("text/markdown")
        or markdown.from_html(data.get("text/html", ""))
        or markdown.fenced(data.get("text/plain", ""))
    )


def _picture(words, figures, link, described):
    name, _, title = words.partition(": ")
    if not (figures / name).is_file():
        raise ValueError(f"it shows a picture that figures.save did not save in {figures}, got {words[:80]!r}")
    told = markdown.plain(title or name).replace("[", "(").replace("]", ")")
    seen = f". {described[name]}" if name in described else ""
    return f"![{told}{seen}]({link}/{name})"


def _printed(text):
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > LINES:
        left, right = LINES // 2, len(lines) - LINES // 2 + 1
        lines[left:right] = [f"... ({right - left} more lines)"]
    return "\n".join(lines)
