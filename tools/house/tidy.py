"""Style as numbers: lengths, names, and calls a module has no right to.

Exceptions stand by name, with a reason, in tools/tidy_exceptions.txt; one that is no longer
needed is a finding too. The reader of C++ here is a small one (comments and strings blanked,
braces counted): it may be fooled by macros that hold unbalanced braces, and by nothing else we
write.
"""

import re
from pathlib import Path

from layers import includes_of
from table import Finding, is_side_file, read, sources, strip

LINES_MAX = {".h": 300, ".cpp": 600}
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

# What needs a right of the table (tests, benches and fuzz targets have all of them).
RIGHT_HEADERS = {
    "sockets": r"sys/socket\.h|sys/un\.h|netinet/.*|arpa/inet\.h|netdb\.h|net/if\.h|sys/epoll\.h",
    "processes": r"sys/wait\.h|spawn\.h|sys/prctl\.h|sys/ptrace\.h|sched\.h",
    "threads": r"thread|mutex|shared_mutex|future|condition_variable|semaphore|latch|barrier"
               r"|stop_token|pthread\.h",
    "clocks": r"sys/time\.h|sys/timerfd\.h",
    "files": r"fstream|filesystem|fcntl\.h|sys/stat\.h|dirent\.h",
}
RIGHT_CALLS = {
    "sockets": r"(?<![\w>)\]])::(socket|bind|listen|accept4?|connect|sendto|recvfrom|sendmsg|recvmsg)\s*\("
               r"|\bsocketpair\s*\(|\bgetaddrinfo\s*\(",
    "processes": r"(?<![\w.>:])(?:::)?v?fork\s*\(|\bposix_spawnp?\s*\(|\bexec[lv]p?e?\s*\("
                 r"|\bstd::system\s*\(|(?<![\w>)\]])::(system|kill)\s*\(|\bpopen\s*\(|\bwaitpid\s*\(",
    "threads": r"\bstd::(jthread|thread|async|mutex|shared_mutex|condition_variable)\b"
               r"|\bpthread_(create|mutex_\w+)\s*\(",
    "clocks": r"\b(system_clock|steady_clock|high_resolution_clock)\b|\bclock_gettime\s*\("
              r"|\bgettimeofday\s*\(|\b(clock_)?nanosleep\s*\(|\busleep\s*\(|\bsleep_(for|until)\s*\("
              r"|\bstd::(time|clock|localtime|gmtime)\s*\(|(?<![\w>)\]])::time\s*\(|\b__rdtscp?\s*\(",
    "files": r"\bstd::(fopen|freopen|tmpfile|remove|rename)\s*\(|\bstd::filesystem\b|\bstd::[io]?fstream\b"
             r"|(?<![\w>)\]])::(open|openat|creat|unlink|rename|mkdir|rmdir)\s*\(",
    "exit": r"\bstd::(exit|_Exit|quick_exit|abort|terminate)\s*\(|(?<![\w>)\]])::?_exit\s*\("
            r"|\b(?<![\w.>:])(abort|exit)\s*\(",
}
# Nobody's right.
BANNED = {
    "random": (r"\bstd::random_device\b|\bmt19937(_64)?\b|(?<![\w.>:])s?rand(om)?\s*\("
               r"|\bstd::s?rand\s*\(|\bdrand48\b|\bgetrandom\s*\(|\bgetentropy\s*\(|\barc4random\w*\s*\(",
               "draws come from core::Dice"),
    "throw": (r"\bthrow\b", "we throw nothing: Result, STORM_REQUIRE or a verdict"),
    "registration": (r"\b[A-Z_]*REGISTER[A-Z_]*\s*\(", "catalogues are values built in main"),
    "assert": (r"(?<![\w.>:])assert\s*\(", "STORM_REQUIRE prints operands, seed and time"),
    "thread_local": (r"\bthread_local\b", "no hidden state"),
}
BANNED_HEADERS = {
    "random": (r"random", "draws come from core::Dice"),
    "assert": (r"cassert|assert\.h", "STORM_REQUIRE prints operands, seed and time"),
    "iostream": (r"iostream", "static initialisers; print through fmt"),
}
NOT_A_GLOBAL = re.compile(
    r"\b(const|constexpr|consteval|using|typedef|struct|class|union|enum|namespace|template|friend"
    r"|static_assert|extern|operator|concept|requires|return|public|private|protected|case"
    r"|default|goto|co_return)\b|[()]|^\s*#")
GLOBAL = re.compile(r"^\s*(?:static\s+|inline\s+|constinit\s+)*[\w:]+(?:<[^;]*>)?[\s*&]+\w+\s*(?:\[.*\])?\s*(?:[={].*)?$",
                    re.DOTALL)
CONTROL = re.compile(r"\b(namespace|class|struct|union|enum)\b")


def drop_templates(head):
    """Removes `template <...>` parameter lists: their `class` names no class."""
    while (found := re.search(r"\btemplate\s*<", head)):
        depth, i = 1, found.end()
        while i < len(head) and depth:
            depth += {"<": 1, ">": -1}.get(head[i], 0)
            i += 1
        head = head[:found.start()] + head[i:]
    return head


def directives_blanked(bare):
    """Preprocessor lines (with their continuations) emptied."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
                  lambda m: "\n" * m.group(0).count("\n"), bare, flags=re.MULTILINE)


def blocks(bare):
    """Yields ("function", first, last, head) and ("statement", line, line, text) at namespace or
    class scope; what stands inside functions and initialisers is not looked into."""
    stack, head, line, head_line = [], [], 1, 1
    opened = []
    paren = 0
    for char in directives_blanked(bare):
        opaque = bool(stack) and stack[-1] in ("function", "opaque")
        if char == "\n":
            line += 1
        if not opaque:
            paren = max(0, paren + {"(": 1, ")": -1}.get(char, 0))
        if char == "{":
            text = drop_templates("".join(head))
            if opaque or paren:
                kind = "opaque"
            elif CONTROL.search(text.split("(")[0]) and "=" not in text:
                kind = "namespace" if "namespace" in text else "class"
            elif "extern" in text and "(" not in text:
                kind = "namespace"
            elif "(" in text:
                kind = "function"
            else:
                kind = "opaque"
            stack.append(kind)
            opened.append((line, text))
            if kind in ("namespace", "class", "function"):
                head = []
            elif not opaque:
                head.append("{")
        elif char == "}" and stack:
            kind = stack.pop()
            first, text = opened.pop()
            if kind == "function":
                yield "function", first, line, text
                head = []
            elif kind in ("namespace", "class"):
                head = []
            elif not (stack and stack[-1] in ("function", "opaque")):
                head.append("}")
        elif char == ";" and not opaque and not paren:
            scope = "class" if "class" in stack else "namespace"
            yield f"statement-{scope}", head_line, line, "".join(head)
            head = []
        elif not opaque:
            if not "".join(head[-1:]).strip() and not any(c.strip() for c in head):
                head_line = line
            head.append(char)


def read_exceptions(root):
    """{(path, rule): (limit or None, line)}; a row without a reason is a ValueError."""
    path = root / "tools" / "tidy_exceptions.txt"
    rows = {}
    for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
        head, _, reason = line.partition("|")
        words = head.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) not in (2, 3) or not reason.strip():
            raise ValueError(f"{path}:{number}: want PATH RULE [LIMIT] | REASON: {line}")
        rows[words[0], words[1]] = (int(words[2]) if len(words) == 3 else None, number)
    return rows


def check_shape(path, text, has_header):
    """Name, length, columns, opening lines. Yields (line, rule, message, amount)."""
    lines = text.splitlines()
    name = Path(path).name
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.(h|cpp)", name):
        yield 1, "name", f"{name}: files are snake_case .h or .cpp", None
    limit = LINES_MAX.get(Path(path).suffix, 0)
    if len(lines) > limit:
        yield limit, "file-length", f"{len(lines)} lines, at most {limit}", len(lines)
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, "columns", f"{len(line)} columns, at most {COLUMNS_MAX}", len(line)
    if not lines or not lines[0].startswith("//"):
        if has_header:
            return  # The header beside it says it.
        yield 1, "top-comment", "the first line says what the file is for (// path - idea)", None
    else:
        named = re.match(r"// (?:src/)?([\w/]+\.(?:h|cpp))\b", lines[0])
        if named and named.group(1) != path:
            yield 1, "top-comment", f"the first line speaks of {named.group(1)}", None


def check_includes(path, text, exists):
    bare = strip(text, keep_strings=True)
    if path.endswith(".h"):
        first = re.search(r"^[ \t]*#[^\n]*", bare, re.MULTILINE)
        if not first or first.group(0).strip() != "#pragma once":
            yield 1, "pragma-once", "a header's first directive is #pragma once", None
        for match in re.finditer(r"^[ \t]*using\s+namespace\s+([\w:]+)", strip(text), re.MULTILINE):
            if not match.group(1).endswith("literals"):
                line = strip(text).count("\n", 0, match.start()) + 1
                yield line, "using-namespace", "not in a header", None
    own = path.removesuffix(".cpp") + ".h"
    if path.endswith(".cpp") and not is_side_file(path) and exists(own):
        line, name, _ = next(includes_of(text), (1, "nothing", True))
        if name != own:
            yield line, "own-header", f'"{own}" comes first, not {name}', None


def check_calls(path, text, rights):
    """Calls and headers beyond the module's rights."""
    code = strip(text)

    def hits(pattern):
        for match in re.finditer(pattern, code):
            yield code.count("\n", 0, match.start()) + 1, match.group(0).strip(" (")

    for right, pattern in RIGHT_CALLS.items():
        if right not in rights:
            for line, word in hits(pattern):
                yield line, right, f"{word}: this module has no right to {right}", None
    for rule, (pattern, why) in BANNED.items():
        for line, word in hits(pattern):
            yield line, rule, f"{word}: {why}", None
    for line, name, quoted in includes_of(text):
        if quoted:
            continue
        for right, pattern in RIGHT_HEADERS.items():
            if right not in rights and re.fullmatch(pattern, name):
                yield line, right, f"<{name}>: this module has no right to {right}", None
        for rule, (pattern, why) in BANNED_HEADERS.items():
            if re.fullmatch(pattern, name):
                yield line, rule, f"<{name}>: {why}", None
    lines = text.splitlines()
    for line, _ in hits(r"\b(std::)?(make_)?shared(_ptr)?\s*<"):
        above = lines[line - 2] if line > 1 else ""
        if "//" not in lines[line - 1] and not above.strip().startswith("//"):
            yield line, "shared_ptr", "one owner; if it must be shared, a comment says why", None


def check_blocks(text, side):
    for kind, first, last, head in blocks(strip(text)):
        if kind == "function":
            length = last - first + 1
            if length > FUNCTION_LINES_MAX:
                yield first, "function-length", (
                    f"a function of {length} lines, at most {FUNCTION_LINES_MAX}"), length
        elif kind == "statement-namespace" and not side:
            if not NOT_A_GLOBAL.search(head) and GLOBAL.match(head.strip()):
                yield first, "global", f"mutable global: {' '.join(head.split())[:60]}", None


def check(root, table):
    """All findings of style under root/src."""
    exceptions = read_exceptions(root)
    used, findings, known = set(), [], set(sources(root))
    for path in sorted(known):
        text = read(root, f"src/{path}")
        side = is_side_file(path)
        beside = re.sub(r"\.cpp$", ".h", path) if path.endswith(".cpp") else ""
        module = table.module_of(path)
        row = table.row_of(module) if module else None
        found = list(check_shape(path, text, beside in known)) + list(check_includes(path, text, known.__contains__))
        found += list(check_blocks(text, side))
        if not side:
            found += list(check_calls(path, text, row.rights if row else set()))
        for line, rule, message, amount in found:
            allowed = exceptions.get((f"src/{path}", rule))
            if allowed:
                used.add((f"src/{path}", rule))
                if allowed[0] is None or amount is None or amount <= allowed[0]:
                    continue
                message += f" (its exception allows {allowed[0]})"
            findings.append(Finding(f"src/{path}", line, rule, message))
    for key, (_, number) in exceptions.items():
        if key not in used:
            findings.append(Finding("tools/tidy_exceptions.txt", number, "stale",
                f"{key[0]} needs no exception from {key[1]}"))
    return findings
