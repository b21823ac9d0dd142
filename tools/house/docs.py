"""Statements in documents that a machine can check.

ARCHITECTURE.md repeats the layer table (and `--update` writes it there); links and paths point at
files that exist; every `make TARGET` is a target; a decision has its four headings and fits a
page.
"""

import re

from table import Finding, read

BEGIN, END = "<!-- layers:begin -->", "<!-- layers:end -->"
DECISION_HEADINGS = ("## Decision", "## Why", "## Alternatives", "## What would change our mind")
DECISION_LINES_MAX = 70
SKIPPED = ("build/", ".git/", ".stormproof/", "runs/")


def layer_table(table):
    """The table as Markdown, highest layer first."""
    lines = ["| layer | module | what it is | may touch |", "|---|---|---|---|"]
    for layer in sorted({row.layer for row in table.rows.values()}, reverse=True):
        for row in table.rows.values():
            if row.layer != layer:
                continue
            name = f"`{row.name}`" if row.built else f"`{row.name}` (planned)"
            rights = ", ".join(sorted(row.rights)) or "nothing"
            lines.append(f"| {layer} | {name} | {row.what} | {rights} |")
    return "\n".join(lines) + "\n"


def update(root, table):
    path = root / "ARCHITECTURE.md"
    text = path.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{layer_table(table)}{END}{after}")


def documents(root):
    found = (p.relative_to(root).as_posix() for p in root.rglob("*.md"))
    return sorted(p for p in found if not p.startswith(SKIPPED) and "/build/" not in p)


def without_fences(text):
    return re.sub(r"^```.*?^```", lambda m: "\n" * m.group(0).count("\n"), text,
                  flags=re.DOTALL | re.MULTILINE)


def check_references(root, path, text, targets):
    prose = without_fences(text)

    def line_of(where, start):
        return where.count("\n", 0, start) + 1

    for match in re.finditer(r"\]\(([^)\s#]+)(#[^)]*)?\)", prose):
        link = match.group(1)
        if "://" not in link and not link.startswith("mailto:"):
            if not ((root / path).parent / link).exists():
                yield line_of(prose, match.start()), "link", f"{link} does not exist"
    roots = "src|tools|cmake|docs|scenarios|sdk|bench|fuzz|web"
    for match in re.finditer(rf"`((?:{roots})/[\w./-]+)`", prose):
        if not (root / match.group(1)).exists():
            yield line_of(prose, match.start()), "path", f"{match.group(1)} does not exist"
    for match in re.finditer(r"(?:`|^\s*\$?\s*)make ([a-z][a-z-]*)", text, re.MULTILINE):
        if match.group(1) not in targets:
            yield line_of(text, match.start()), "target", f"make {match.group(1)} is no target"


def check_decision(text):
    for heading in DECISION_HEADINGS:
        if f"\n{heading}\n" not in text:
            yield 1, "decision", f"has no '{heading}'"
    if len(text.splitlines()) > DECISION_LINES_MAX:
        yield DECISION_LINES_MAX, "decision", "longer than a page"


def check(root, table):
    """All findings of the documents under root."""
    findings = []
    targets = set(re.findall(r"^([a-z][a-z-]*):", read(root, "Makefile"), re.MULTILINE))
    for path in documents(root):
        text = read(root, path)
        found = list(check_references(root, path, text, targets))
        if re.match(r"docs/decisions/\d{4}-", path) and not path.endswith("0000-template.md"):
            found += check_decision(text)
        findings += [Finding(path, line, rule, message) for line, rule, message in found]
    text = read(root, "ARCHITECTURE.md")
    begin, end = text.find(BEGIN), text.find(END)
    if text[begin + len(BEGIN) + 1:end] != layer_table(table):
        findings.append(Finding("ARCHITECTURE.md", 1, "table",
            "its table is not that of tools/layers.txt: python3 tools/house docs --update"))
    return findings
