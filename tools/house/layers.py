"""The include graph: what each file under src/ may include.

Lower layers only; no cycles; guests (gallery, apps, mesh) named by cli and by tests alone; a
module that is blind to another includes nothing of it; third-party headers as the table allows;
and every module that is included stands in DEPENDS of the CMakeLists.txt.
"""

import re

from table import Finding, is_side_file, read, sources, strip

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)
SYSTEM_PREFIXES = ("sys/", "netinet/", "arpa/", "net/", "linux/", "sanitizer/", "asm/")
SIDE_PREFIXES = ("gtest/", "gmock/", "rapidcheck", "benchmark/", "fuzzer/")


def includes_of(text):
    """(line, path, quoted) for each include, comments ignored."""
    bare = strip(text, keep_strings=True)
    for match in INCLUDE.finditer(bare):
        line = bare.count("\n", 0, match.start(1 if match.group(1) else 2)) + 1
        yield line, match.group(1) or match.group(2), match.group(1) is not None


def declared(root, module):
    """What src/<module>/CMakeLists.txt names as (DEPENDS, TEST_DEPENDS), or None without a file."""
    path = root / "src" / module / "CMakeLists.txt"
    if not path.exists():
        return None
    words = re.sub(r"#[^\n]*|[()]", " ", path.read_text()).split()
    lists = {"DEPENDS": set(), "TEST_DEPENDS": set()}
    current = None
    for word in words:
        if word in ("DEPENDS", "TEST_DEPENDS", "LIBS", "TEST_LIBS", "storm_module"):
            current = word
        elif current in lists:
            lists[current].add(word)
    return lists["DEPENDS"], lists["TEST_DEPENDS"]


def check_edge(table, path, module, target):
    """Why a file of `module` may not include something of `target`; yields (rule, message)."""
    row, target_row = table.row_of(module), table.row_of(target)
    side = is_side_file(path)
    same_group = row is target_row and row.name.endswith("/*")
    if target_row.layer >= row.layer and not same_group:
        where = "its own layer" if target_row.layer == row.layer else "a higher layer"
        yield "layer", (
            f"{module} (layer {row.layer}) includes {target} (layer {target_row.layer}), {where}"
        )
    if side:
        return
    if table.is_guest(target) and not table.is_guest(module) and module != "cli":
        yield "guest", f"{module} names the guest {target}; only cli and tests may"
    if target in table.blind.get(module, ()):
        yield "blind", f"{module} must include nothing of {target}"
    group = module.split("/")[0]
    if group in table.sees and target not in table.sees[group] and target.split("/")[0] != group:
        yield "sees", f"{module} sees only {', '.join(sorted(table.sees[group]))}, not {target}"


def check_third_party(table, path, module, name):
    if "/" not in name and not name.startswith(SIDE_PREFIXES) or name.startswith(SYSTEM_PREFIXES):
        return None
    if is_side_file(path) and name.startswith(SIDE_PREFIXES):
        return None
    for lib, prefixes in table.lib_prefixes.items():
        if name.startswith(tuple(prefixes)):
            if lib in table.row_of(module).libs or is_side_file(path):
                return None
            return f"{module} may not include {lib} (tools/layers.txt)"
    return f"<{name}> belongs to no library of tools/layers.txt"


def check_file(root, table, path, known, needs, edges):
    findings = []
    module = table.module_of(path)
    text = read(root, f"src/{path}")

    def add(line, rule, message):
        findings.append(Finding(f"src/{path}", line, rule, message))

    if module is None:
        add(1, "table", "no row in tools/layers.txt owns this file")
        return findings
    for line, name, quoted in includes_of(text):
        if not quoted:
            message = check_third_party(table, path, module, name)
            if message:
                add(line, "third-party", message)
            continue
        if name not in known:
            add(line, "include", f'"{name}" is no file under src/ (includes start there)')
            continue
        edges.setdefault(path, []).append((line, name))
        target = table.module_of(name)
        if is_side_file(name) and (not is_side_file(path) or name.endswith(".cpp")):
            add(line, "include", f"{name} is a test, bench or fuzz file")
        if target == module or target is None:
            continue
        needs.setdefault((module, is_side_file(path)), {}).setdefault(target, (path, line))
        for rule, message in check_edge(table, path, module, target):
            add(line, rule, message)
    if not is_side_file(path) and not table.is_guest(module) and module != "cli":
        names = "|".join(sorted(table.guests))
        for match in re.finditer(rf"\b({names})::", strip(text)):
            line = strip(text).count("\n", 0, match.start()) + 1
            add(line, "guest", f"{module} names the guest {match.group(1)}; only cli and tests may")
    return findings


def check_declared(root, table, needs):
    findings = []
    for (module, side), targets in sorted(needs.items()):
        lists = declared(root, module)
        if lists is None:
            findings.append(Finding(f"src/{module}", 1, "depends", "has no CMakeLists.txt"))
            continue
        allowed = lists[0] | (lists[1] if side else set())
        word = "TEST_DEPENDS" if side else "DEPENDS"
        for target, (path, line) in sorted(targets.items()):
            if target not in allowed:
                findings.append(Finding(f"src/{path}", line, "depends",
                    f"uses {target}: add it to {word} in src/{module}/CMakeLists.txt"))
    for module in sorted({m for m, _ in needs}):
        lists = declared(root, module)
        for guest in sorted(lists[0] if lists else ()):
            if table.is_guest(guest) and not table.is_guest(module) and module != "cli":
                findings.append(Finding(f"src/{module}/CMakeLists.txt", 1, "guest",
                    f"DEPENDS names the guest {guest}; only cli may (tests: TEST_DEPENDS)"))
    return findings


def find_cycle(edges):
    """One cycle of the graph node -> [node] as a list, or None. Iterative depth-first search."""
    done = set()
    for start in sorted(edges):
        trail, stack = [], [(start, iter(edges.get(start, ())))]
        on_trail = set()
        if start in done:
            continue
        trail.append(start)
        on_trail.add(start)
        while stack:
            node, following = stack[-1]
            step = next(following, None)
            if step is None:
                stack.pop()
                on_trail.discard(trail.pop())
                done.add(node)
            elif step in on_trail:
                return trail[trail.index(step):] + [step]
            elif step not in done:
                trail.append(step)
                on_trail.add(step)
                stack.append((step, iter(edges.get(step, ()))))
    return None


def check_cycles(table, edges):
    findings = []
    files = {path: [name for _, name in targets] for path, targets in edges.items()}
    modules = {}
    for path, targets in files.items():
        for name in targets:
            one, other = table.module_of(path), table.module_of(name)
            if one != other and not is_side_file(path) and other is not None:
                modules.setdefault(one, set()).add(other)
    ordered = {one: sorted(others) for one, others in modules.items()}
    for kind, graph in (("files", files), ("modules", ordered)):
        cycle = find_cycle(graph)
        if cycle:
            where = f"src/{cycle[0]}"
            findings.append(Finding(where, 1, "cycle", f"{kind} in a cycle: {' -> '.join(cycle)}"))
    return findings


def check_rows(root, table, known):
    findings = []
    inhabited = {table.module_of(path) for path in known} - {None}
    for name, row in table.rows.items():
        stem = name.removesuffix("/*")
        lives = any(module == name or name.endswith("/*") and module.startswith(stem + "/")
                    for module in inhabited)
        if lives and not row.built:
            findings.append(Finding("tools/layers.txt", 1, "table",
                f"{name} is planned there but holds code: say built"))
        if row.built and not (root / "src" / stem).is_dir():
            findings.append(Finding("tools/layers.txt", 1, "table",
                f"{name} is built there but src/{stem} does not exist: say planned"))
    return findings


def check(root, table):
    """All findings of the include graph under root/src."""
    known = set(sources(root))
    findings, needs, edges = check_rows(root, table, known), {}, {}
    for path in sorted(known):
        findings += check_file(root, table, path, known, needs, edges)
    return findings + check_declared(root, table, needs) + check_cycles(table, edges)


def unused(root, table):
    """Declared but never included: (module, other) pairs. A remark, not a finding."""
    used = {}
    for path in sources(root):
        module = table.module_of(path)
        for _, name, quoted in includes_of(read(root, f"src/{path}")):
            if quoted and module:
                used.setdefault(module, set()).add(table.module_of(name))
    pairs = []
    for module, names in sorted(used.items()):
        lists = declared(root, module) or (set(), set())
        pairs += [(module, other) for other in sorted((lists[0] | lists[1]) - names)]
    return pairs
