#!/usr/bin/env python3
"""Checks that no folder includes what it may not use, and a few related rules. Prints each violation as
path:line: message. Exit code 0: clean, 1: violations, 2: the table of folders cannot be read.

  tools/check_includes.py [--root DIR]

The table is RETRACE_MAY_USE_* in cmake/RetraceTargets.cmake. The compiler cannot check this: every folder is reachable
from the one include root.
"""

import argparse
import pathlib
import re
import sys

SUFFIXES = {".h", ".cc", ".cu", ".cuh"}
TOP_FOLDERS = ("tests", "tools", "recipes", "bench")  # may use every library; no library may use them
MAY_ALSO_USE = {"tests": ("tests", "tools"), "tools": ("tools",), "recipes": (), "bench": ("bench",)}
YAML_FILE = "core/config_yaml.cc"
FFMPEG_FOLDER = "data"
# Generated beside the sources' tree, included like them.
GENERATED = {"core/tensorboard_event.pb.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<open>[<"])(?P<path>[^>"]+)[>"]')
TABLE_ROW = re.compile(r"^\s*set\(RETRACE_MAY_USE_(\w+)\s+([^)]*)\)", re.MULTILINE)
FFMPEG = re.compile(r"^lib(av|sw)\w+/")
PRINTING = re.compile(r"\bstd::(cout|cerr|clog)\b|(?<!\w)(?:std::)?printf\s*\(")
YAML = re.compile(r"\bYAML::")


def read_table(root):
    text = (root / "cmake" / "RetraceTargets.cmake").read_text(encoding="utf-8")
    return {name: tuple(uses.replace('"', "").split()) for name, uses in TABLE_ROW.findall(text)}


def strip_comments(text):
    """Comments become spaces and line numbers stay; strings and characters are left as they are."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)

    def replace(match):
        token = match.group(0)
        return token if token[0] in "\"'" else re.sub(r"[^\n]", " ", token)

    return pattern.sub(replace, text)


def blank_strings(line):
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', line)


class Checker:
    def __init__(self, root, table):
        self.root = root
        self.table = table
        self.violations = []

    def check_tree(self):
        num_files = 0
        for folder in (*self.table, *TOP_FOLDERS):
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in SUFFIXES and path.is_file():
                    self.check_file(path.relative_to(self.root))
                    num_files += 1
        return num_files

    def check_file(self, path):
        text = strip_comments((self.root / path).read_text(encoding="utf-8", errors="replace"))
        for number, line in enumerate(text.splitlines(), start=1):
            include = INCLUDE.match(line)
            if include:
                problem = self.include_problem(path, include["path"], include["open"] == '"')
            else:
                problem = self.code_problem(path, blank_strings(line))
            if problem:
                self.violations.append(f"{path}:{number}: {problem}")

    def include_problem(self, path, included, is_quoted):
        folder = path.parts[0]
        if included == "torch/torch.h":
            return "<torch/torch.h> takes half a minute per file; include <ATen/ATen.h> or what is needed of it"
        if "yaml-cpp/" in included and path.as_posix() != YAML_FILE:
            return f"yaml-cpp is seen by {YAML_FILE} only; read through core/config_node.h"
        if FFMPEG.match(included) and folder != FFMPEG_FOLDER:
            return f"FFmpeg is seen by {FFMPEG_FOLDER}/ only; found {included}"
        target = included.split("/")[0]
        is_ours = target in self.table or target in TOP_FOLDERS
        if not is_quoted:
            return f'include our own files as "{included}"' if is_ours and self.exists(included) else None
        if not is_ours or ".." in included.split("/") or "." in included.split("/"):
            return f'"{included}" is not a full path from the root of the repository'
        return self.layer_problem(folder, target, included)

    def layer_problem(self, folder, target, included):
        if not self.exists(included):
            return f'"{included}" does not exist'
        if folder in self.table:
            allowed = (folder, *self.table[folder])
        else:
            allowed = (*self.table, *MAY_ALSO_USE[folder])
        if target not in allowed:
            return f"{folder} may not include {target} (\"{included}\"); allowed: {' '.join(allowed)}"
        return None

    def exists(self, included):
        return included in GENERATED or (self.root / included).is_file()

    def code_problem(self, path, line):
        if YAML.search(line) and path.as_posix() != YAML_FILE:
            return f"YAML:: belongs in {YAML_FILE}; read through core/config_node.h"
        if path.parts[0] in self.table and PRINTING.search(line):
            return "libraries print nothing; return the text, or use core/logging.h"
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    try:
        table = read_table(root)
    except OSError as error:
        print(f"{root}: the table of folders cannot be read: {error}", file=sys.stderr)
        return 2
    if not table:
        print(f"{root}/cmake/RetraceTargets.cmake: expected RETRACE_MAY_USE_<folder> rows, found none", file=sys.stderr)
        return 2
    checker = Checker(root, table)
    num_files = checker.check_tree()
    print("\n".join([*checker.violations, f"{num_files} files, {len(checker.violations)} violations"]))
    return 1 if checker.violations or num_files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
