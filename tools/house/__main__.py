"""python3 tools/house layers|tidy|docs|all [--root DIR] [--update]

Exits 1 when something is found, each finding on a line as path:line: message [rule].
--update rewrites the tables that documents repeat.
"""

import argparse
import sys
from pathlib import Path

import docs
import layers
import tidy
from table import read_table


def main():
    parser = argparse.ArgumentParser(prog="tools/house", description=__doc__)
    parser.add_argument("what", choices=["layers", "tidy", "docs", "all", "unused"])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    try:
        table = read_table(args.root)
        if args.what == "unused":
            for module, other in layers.unused(args.root, table):
                print(f"{module} declares {other} and includes nothing of it")
            return 0
        if args.update:
            docs.update(args.root, table)
        findings = []
        for name, checker in (("layers", layers), ("tidy", tidy), ("docs", docs)):
            if args.what in (name, "all"):
                findings += checker.check(args.root, table)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for finding in findings:
        print(finding)
    count = len(findings)
    print(f"{args.what}: {'clean' if not count else f'{count} findings'}", file=sys.stderr)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
