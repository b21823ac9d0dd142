"""The layer table (tools/layers.txt) and the tree it speaks about.

Reads, never judges: layers.py, tidy.py and docs.py judge.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

RIGHTS = {"sockets", "processes", "threads", "clocks", "files", "exit"}
# Files that are not part of a module's library: they may name guests and do anything they like.
SIDE_SUFFIXES = ("_test", "_bench", "_fuzz")


@dataclass
class Row:
    layer: int
    name: str
    built: bool
    rights: set
    libs: set
    what: str


@dataclass
class Finding:
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message} [{self.rule}]"


@dataclass
class Table:
    rows: dict = field(default_factory=dict)
    folders: dict = field(default_factory=dict)
    guests: set = field(default_factory=set)
    sees: dict = field(default_factory=dict)
    blind: dict = field(default_factory=dict)
    lib_prefixes: dict = field(default_factory=dict)

    def module_of(self, path):
        """The module that owns src/<path>, or None: "apps/http/server.h" -> "apps/http"."""
        parts = path.split("/")
        if len(parts) < 2:
            return None
        if parts[0] in self.folders:
            return self.folders[parts[0]]
        if f"{parts[0]}/*" in self.rows:
            return "/".join(parts[:2]) if len(parts) > 2 else None
        return parts[0] if parts[0] in self.rows else None

    def row_of(self, module):
        return self.rows.get(module) or self.rows.get(module.split("/")[0] + "/*")

    def is_guest(self, module):
        return module.split("/")[0] in self.guests


def commas(text):
    return set() if text == "-" else set(text.split(","))


def read_table(root):
    """Takes the root of the tree, gives the Table; a malformed row is a ValueError."""
    table = Table()
    path = root / "tools" / "layers.txt"
    for number, line in enumerate(path.read_text().splitlines(), 1):
        head, _, what = line.partition("|")
        words = head.split()
        if not words or words[0].startswith("#"):
            continue
        kind, rest = words[0], words[1:]
        if kind == "module" and len(rest) == 5 and rest[2] in ("built", "planned"):
            layer, name, state, rights, libs = rest
            row = Row(int(layer), name, state == "built", commas(rights), commas(libs), what.strip())
            if name in table.rows or not row.rights <= RIGHTS:
                raise ValueError(f"{path}:{number}: a second row, or a right that is none: {line}")
            table.rows[name] = row
        elif kind == "folder" and len(rest) == 2:
            table.folders[rest[0]] = rest[1]
        elif kind == "guest" and len(rest) == 1:
            table.guests.add(rest[0])
        elif kind == "sees" and len(rest) >= 2:
            table.sees[rest[0]] = set(rest[1:])
        elif kind == "blind" and len(rest) >= 2:
            table.blind[rest[0]] = set(rest[1:])
        elif kind == "lib" and len(rest) >= 3:
            table.lib_prefixes[rest[0]] = rest[2:]
        else:
            raise ValueError(f"{path}:{number}: not a row of the table: {line}")
    return table


def sources(root):
    """Every C++ file under src/, as paths relative to src/, sorted."""
    base = root / "src"
    found = [p for p in base.rglob("*") if p.suffix in (".h", ".cpp", ".cc", ".hpp", ".cxx", ".hh")]
    return sorted(p.relative_to(base).as_posix() for p in found)


def is_side_file(path):
    return Path(path).stem.endswith(SIDE_SUFFIXES)


def read(root, path):
    return (root / path).read_text(errors="replace")


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def strip(text, keep_strings=False):
    """The text with comments (and strings) blanked: same length in lines, nothing to trip on."""

    def blank(match):
        token = match.group(0)
        text_of_a_file = token.startswith('R"') and "\n" in token  # What is in it is not ours.
        if keep_strings and not token.startswith("/") and not text_of_a_file:
            return token
        lines = "\n" * token.count("\n")
        return lines if token.startswith("/") else '""' + lines

    return TOKEN.sub(blank, text)
