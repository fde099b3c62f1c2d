#!/usr/bin/env python3
"""Counts which parts of the thoughts in an evaluation are right: recall, derivation, check, letter.

    python3 assets/tiny/thought_parts.py runs/R/evaluations/step-000132.jsonl data_cache/quickstart/held_out/qa.jsonl

The first file is what an evaluation wrote, the second the questions it asked. Python's standard library only.
"""

import collections
import json
import re
import sys

OTHER_SIDE = {"left": "right", "right": "left"}


def words(text):
    return [word.strip() for word in text.split(",")]


def other_way(task, route):
    return [OTHER_SIDE.get(word, word) for word in reversed(route)] if task == "direction" else route[::-1]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    answers, questions = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
    counts = collections.Counter()
    for answer in answers:
        question = questions[answer["sample"]]
        options = dict(re.findall(r"\n([A-D])\. ([^\n]*)", question["problem"]))
        truth = words(options[question["original_answer"]])
        text, task = answer["text"], answer["task"]
        counts["letter", answer["correct"]] += 1
        if recall := re.search(r"On the way (?:back|there): ([a-z, ]+)\.", text):
            counts["recall " + task, words(recall[1]) == other_way(task, truth)] += 1
        if derived := re.search(r"So on the way (?:back|there): ([a-z, ]+)\.", text):
            counts["derivation", words(derived[1]) == truth] += 1
            if yes := re.search(r"([A-D]) [a-z, ]+: yes", text):
                counts["check", words(options[yes[1]]) == words(derived[1])] += 1
    print(f"{len(answers)} questions")
    for name in sorted({name for name, _ in counts}):
        right = counts[name, True]
        print(f"{name}: {right} of {right + counts[name, False]} right")


if __name__ == "__main__":
    main()
