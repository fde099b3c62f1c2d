"""Checks the pages: links lead somewhere, named metrics and recipe keys exist in the code and the other way round.

usage: docs_test.py REPOSITORY
"""

import re
import sys
from pathlib import Path

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
KEY_ROW = re.compile(r"^\| `((?:<\w+>|\w+)(?:\.\w+)+)` \|", re.MULTILINE)
READ_KEY = re.compile(
    r"(?:\.read|\.read_choice|\.section|read_reward_specs|read_data_section)\(\s*(?:\w+,\s*)?\"(\w+)\""
)
METRIC = re.compile(r"^[a-z_]+/[a-z_]+(?:/<\w+>|/[a-z_]+)*$")
SECTIONS = {"sft", "grpo", "run", "model", "video", "image", "prompt", "rollout", "reward"}
SECTIONS |= {"judge", "distributed", "checkpoint", "eval", "data", "lr", "adamw", "lora"}
RECIPE_READERS = ("rl/data_section.cc", "rl/judge_section.cc", "rl/run_config.cc", "rl/lora_section.cc",
                  "rl/media_sections.cc", "rl/reward_section.cc", "rl/thought_section.cc")
RUBRIC_READER = "reward/rubric_reader.cc"  # of which `section` is the recipe's, `node` an entry of the list


def markdown_files(repository):
    skipped = {"build", "runs", "data_cache"}
    for file in sorted(repository.rglob("*.md")):
        first = file.relative_to(repository).parts[0]
        if first not in skipped and not first.startswith("."):
            yield file


def check_links(files):
    for file in files:
        for line_number, line in enumerate(file.read_text().splitlines(), start=1):
            for target in LINK.findall(line):
                path = target.split("#")[0]
                if path and "://" not in target and not (file.parent / path).exists():
                    yield f"{file}:{line_number}: link to '{target}' leads nowhere"


def check_ascii(files):
    for file in files:
        for line_number, line in enumerate(file.read_text().splitlines(), start=1):
            if not line.isascii():
                yield f"{file}:{line_number}: expected ASCII text"


def check_recipe_keys(repository):
    """By the last part of each key; tests/rl/recipes_page_test.cc compares whole paths and defaults."""
    page = (repository / "docs/recipes.md").read_text()
    documented = {key.rsplit(".", 1)[1] for key in KEY_ROW.findall(page)}
    code = "".join((repository / file).read_text() for file in RECIPE_READERS)
    rubric = (repository / RUBRIC_READER).read_text().splitlines()
    code += "\n".join(line for line in rubric if "section" in line)
    names = set(READ_KEY.findall(code))
    read = names - SECTIONS
    if len(read) < 20:
        yield f"rl/run_config.cc: only {len(read)} keys found; has the way they are read changed?"
    for key in sorted(documented - names):
        yield f"docs/recipes.md: key '{key}' is not read in rl/run_config.cc"
    for key in sorted(read - documented):
        yield f"rl/run_config.cc: key '{key}' is missing in docs/recipes.md"


def check_metrics(repository):
    """Metric names in docs/run_folder.md; the code builds some of them from parts."""
    page = (repository / "docs/run_folder.md").read_text()
    first_cells = [row.split("|")[1] for row in page.splitlines() if row.startswith("| `")]
    names = {name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}
    documented = {name for name in names if METRIC.match(name) and "<" not in name}
    code = "".join(
        file.read_text()
        for file in sorted((repository / "rl").glob("*.cc"))
        if not file.name.startswith("report")
    )
    written = set(re.findall(r'\{\s*"([a-z_]+/[a-z_/]+[a-z])",', code))
    written |= set(re.findall(r'"(eval/[a-z]+)"', code))
    if len(written) < 15:
        yield f"rl: only {len(written)} metrics found; has the way they are written changed?"
    for name in sorted(documented - written):
        if name.removesuffix("_blind") not in written:
            yield f"docs/run_folder.md: metric '{name}' is not written in rl/"
    for name in sorted(written - documented):
        yield f"rl: metric '{name}' is missing in docs/run_folder.md"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    repository = Path(sys.argv[1]).resolve()
    files = list(markdown_files(repository))
    problems = [f"{repository}: no pages found"] if not files else []
    problems += check_links(files)
    problems += check_ascii(files)
    problems += check_recipe_keys(repository)
    problems += check_metrics(repository)
    print("\n".join(problems) if problems else f"{len(files)} pages are in order")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
