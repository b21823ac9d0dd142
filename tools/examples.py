"""Does what the documents say, as a newcomer would, against the installed library.

    examples.py install BUILD              cmake --install into BUILD/inst
    examples.py init BUILD                 the project that `init` writes: its test fails, is mended
                                           as its README says, passes; a leak is planted and named
    examples.py walkthroughs BUILD         CONTRIBUTING.md and docs/guide, block by block
    examples.py readme BUILD               README.md: its tour, its scenario, what the demo shows
    examples.py command-line BUILD [--update]
                                           docs/reference/command-line.md is what --help prints

Blocks of a document are carried out in its order, in a project made by `stormproof init`:

    ```cpp file=satellite.h                writes that file
    ```sh run                              runs each line; the last one must end with 0
    ```sh run exit=1 says=VIOLATED         ... must end with 1 and print that word

A block without such words after its language is only read. Projects lie in BUILD/examples.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/reference/command-line.md"
PAGE_HEAD = """# The command line

<!-- Made from --help by `python3 tools/examples.py command-line BUILD --update`; a test compares.
-->

Options of the program itself (`--format`, `--quiet`, `--verbose`) may stand before or after the
command. RUN left out is the newest run. Results go to stdout, the log to stderr. A format that a
command does not have is an error; its help ends with those that it has.

| Exit code | |
|---|---|
| 0 | passed, or as the scenario expects |
| 1 | violated |
| 2 | inconclusive |
| 64 | the command line is wrong |
| 65 | the scenario is wrong, or a run directory is damaged |
| 69 | the world cannot do what is asked |
| 70 | the machine refused, as a full disk or a result that could not be written; or a bug of ours |
| 77 | not permitted, as a folder that cannot be written |
| 129, 130, 143 | ended by a signal: a sweep with a truthful partial report, a single run (`run --seed`, `replay`, `report`) at once |
"""


class Wrong(Exception):
    """What a document says is not what happens."""


def run(command, cwd, env, expected=0, says=()):
    done = subprocess.run(command, cwd=cwd, env=env, shell=isinstance(command, str),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=900, check=False)
    print(f"$ {command if isinstance(command, str) else ' '.join(command)}\n{done.stdout}",
          flush=True)
    if expected is not None and done.returncode != expected:
        raise Wrong(f"exit code {done.returncode}, not {expected}: {command}")
    for word in says:
        if word not in done.stdout:
            raise Wrong(f"'{word}' is not in what this prints: {command}")
    return done


def surroundings(build):
    """The environment of a user whose Stormproof is installed in BUILD/inst."""
    env = dict(os.environ, CMAKE_PREFIX_PATH=str(build / "inst"), NO_COLOR="1", COLUMNS="100")
    env["PATH"] = f"{build / 'inst/bin'}:{env['PATH']}"
    env.pop("MAKEFLAGS", None)
    if shutil.which("ccache"):
        env["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"
    return env


def install(build):
    log = run(["cmake", "--install", str(build), "--prefix", str(build / "inst")], ROOT, os.environ,
              expected=None)
    if log.returncode != 0:
        raise Wrong("cmake --install failed")


def fresh_project(build, name):
    folder = build / "examples" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    run(["stormproof", "init", str(folder)], ROOT, surroundings(build))
    return folder


def edit(path, old, new):
    text = path.read_text()
    if text.count(old) != 1:
        raise Wrong(f"{path.name} has {text.count(old)} times '{old}', not once")
    path.write_text(text.replace(old, new))


def init(build):
    env = surroundings(build)
    project = fresh_project(build, "my-system")
    node = project / "counter.h"
    lines = [line for line in node.read_text().splitlines() if line.strip()]
    if len(lines) > 40:
        raise Wrong(f"counter.h has {len(lines)} lines; a first node has at most 40")
    # Without the library, CMake says what to do.
    run("cmake -S . -B nowhere -G Ninja -DCMAKE_CXX_COMPILER=clang++-19 "
        "-DCMAKE_DISABLE_FIND_PACKAGE_stormproof=ON", project, env, expected=1,
        says=["make install", "CMAKE_PREFIX_PATH"])
    # Born with a bug. (make ends with 2 whatever a test says.)
    run("make test", project, env, expected=2, says=["VIOLATED", "write", "./build/counter replay "])
    run("make run", project, env, expected=2, says=["VIOLATED", "report.html"])
    run("./build/counter replay", project, env, expected=None, says=["every event is the same"])
    advice(project, env)
    # Mended as the README says.
    early = re.search(r"\n *io\.reply\(request[^\n]*Too early[^\n]*", node.read_text()).group(0)
    edit(node, early, "")
    checked = "            if (!written || !synced) co_return;\n"
    edit(node, checked, checked + "            io.reply(request, Answer{value});\n")
    run("make test", project, env)
    # A node that reads the wall clock behind Io's back is named.
    edit(node, "#pragma once\n", "#pragma once\n#include <chrono>\n")
    edit(node, "auto request = co_await io.receive();",
         "auto request = co_await io.receive();\n"
         "        (void)std::chrono::system_clock::now();")
    run("make run", project, env, expected=2, says=["VIOLATED", "deterministic", "clock"])


def advice(project, env):
    """Faults that the README names may be added as it says."""
    readme = (project / "README.md").read_text()
    paragraph = re.search(r"\*\*Another fault.*?(?=\n- )", readme, re.DOTALL).group(0)
    named = re.findall(r"`((?:net|disk|node|clock)\.\w+)`", paragraph)
    listed = re.findall(r"`(- \{.*\})`", paragraph)
    if len(named) < 2 or not listed:
        raise Wrong("README.md names no faults to go on with")
    text = (project / "scenarios/counter.yaml").read_text()
    drawn = text.replace("node.pause]", "node.pause, " + ", ".join(named) + "]")
    added = drawn.replace("checks:", "".join(f"  {each}\n" for each in listed) + "checks:")
    (project / "advised.yaml").write_text(added)
    run("./build/counter validate advised.yaml", project, env, says=["valid"])


FENCE = re.compile(r"^```(\w+) (\S[^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def walk(build, document):
    env = surroundings(build)
    project = fresh_project(build, document.stem.lower())
    done = 0
    for match in FENCE.finditer(document.read_text()):
        words, body = match.group(2).split(), match.group(3)
        told = dict(word.split("=", 1) for word in words if "=" in word)
        if "file" in told:
            path = project / told["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body)
        elif words[0] == "run":
            says = [told["says"]] if "says" in told else []
            *before, last = [line for line in body.splitlines() if line.strip()]
            for line in before:
                run(line, project, env)
            run(last, project, env, int(told.get("exit", "0")), says)
        else:
            raise Wrong(f"{document.name}: what is '{match.group(2)}'?")
        done += 1
    if done == 0:
        raise Wrong(f"{document.name} has nothing to carry out")
    return done


def walkthroughs(build):
    guide = sorted((ROOT / "docs/guide").glob("[0-9]*.md"))
    for document in [ROOT / "CONTRIBUTING.md", *guide]:
        if FENCE.search(document.read_text()):
            print(f"== {document.name}: {walk(build, document)} blocks", flush=True)


def masked(text):
    """Without what depends on the machine's speed."""
    text = re.sub(r"\d+ runs, [\d.]+ \w+", "… runs", text)
    return re.sub(r"(operations · )[\d.]+ m?s", r"\1…", text).strip()


def readme(build):
    env = dict(surroundings(build), COLUMNS="80")
    folder = build / "examples" / "readme"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    (folder / "stormproof").symlink_to(build / "bin/stormproof")
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    shown = next(block for block in blocks if "VIOLATED" in block)
    told = run("./stormproof demo 2>errors.txt", folder, env).stdout
    if masked(shown) != masked(told):
        raise Wrong("README.md shows another demo than this one")
    tour = next(block for block in blocks if "./stormproof run" in block)
    for line in tour.splitlines():
        command = line.split("#")[0].strip()
        done = run(command, folder, env, expected=None)
        if done.returncode not in (0, 1):
            raise Wrong(f"exit code {done.returncode}: {command}")
    for made in ("scenarios/regression.yaml", "my-system/counter.h"):
        if not (folder / made).exists():
            raise Wrong(f"the tour of README.md made no {made}")
    scenario = re.search(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL).group(1)
    (folder / "scenarios/readme.yaml").write_text(scenario)
    run("./stormproof run scenarios/readme.yaml --seeds 1..50", folder, env, says=["PASSED"])


def helps(program, words):
    """(command, what --help prints) of a command and all below it."""
    text = subprocess.run([program, *words, "--help"], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, NO_COLOR="1", COLUMNS="100"), check=True).stdout
    text = "\n".join(line.rstrip() for line in text.strip().splitlines())
    yield " ".join(["stormproof", *words]), text
    below = re.search(r"^Commands:\n((?:  .*\n?)*)", text + "\n", re.MULTILINE)
    for name in re.findall(r"^  (\S+)", below.group(1) if below else "", re.MULTILINE):
        yield from helps(program, [*words, name])


def command_line(build, update):
    page = PAGE_HEAD
    for command, text in helps(str(build / "bin/stormproof"), []):
        page += f"\n## {command}\n\n```\n{text}\n```\n"
    if update:
        PAGE.write_text(page)
    elif not PAGE.exists() or PAGE.read_text() != page:
        raise Wrong(f"{PAGE.relative_to(ROOT)} differs from --help: "
                    f"python3 tools/examples.py command-line {build} --update")


def main():
    if len(sys.argv) < 3:
        print(__doc__)
        return 64
    what, build = sys.argv[1], Path(sys.argv[2]).resolve()
    try:
        if what == "command-line":
            command_line(build, "--update" in sys.argv or "STORM_UPDATE" in os.environ)
        else:
            {"install": install, "init": init, "walkthroughs": walkthroughs,
             "readme": readme}[what](build)
    except Wrong as wrong:
        print(f"examples: {wrong}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
