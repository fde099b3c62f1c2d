#!/usr/bin/env python3
"""Counts which parts of the thoughts in an evaluation are right: recall, derivation, check, letter, description.

    python3 assets/tiny/thought_parts.py runs/R/evaluations/step-000132.jsonl data_cache/quickstart/held_out/qa.jsonl

The first file is what an evaluation wrote, the second the questions it asked. Python's standard library only.
"""

import collections
import json
import re
import sys

OTHER_SIDE = {"left": "right", "right": "left"}
VERBS = {"take": "place", "open": "shut", "light": "douse", "fill": "drain", "raise": "lower"}
OTHER = OTHER_SIDE | VERBS | {other: verb for verb, other in VERBS.items()}


def words(text):
    return [word.strip() for word in text.split(",")]


def other_way(route):
    return [" ".join(OTHER.get(word, word) for word in step.split()) for step in reversed(route)]


def steps(description):
    """The "lamp left" pairs of a route description: each sentence part names one landmark and one turn."""
    found, pair = [], {}
    names = re.findall(r"\w+", description)
    for before, word in zip([""] + names, names):
        if word in ("left", "right", "straight"):
            pair["turn"] = word
        elif before == "the" and word not in ("way", "destination", "start"):
            pair["landmark"] = word
        if len(pair) == 2:
            found.append(f"{pair['landmark']} {pair['turn']}")
            pair = {}
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    answers, questions = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
    counts = collections.Counter()
    for answer in answers:
        question = questions[answer["sample"]]
        options = dict(re.findall(r"\n([A-D])\. ([^\n]*)", question["problem"]))
        text, task = answer["text"], answer["task"]
        if task == "route":
            truth = steps(question["original_answer"])
            described = re.search(r"<answer>(.*?)</answer>", text, re.DOTALL)
            counts["description", bool(described) and steps(described[1]) == truth] += 1
        else:
            truth = words(options[question["original_answer"]])
            counts["letter " + task, answer["correct"]] += 1
            counts["letter", answer["correct"]] += 1
        if recall := re.search(r"On the way (?:back|there): ([a-z, ]+)\.", text):
            found, expected = words(recall[1]), other_way(truth)
            counts["recall " + task, found == expected] += 1
            for one, other in zip(found, expected) if task == "action" else ():
                counts["object in its place", one.split()[-1:] == other.split()[-1:]] += 1
                if one.split()[-1:] == other.split()[-1:]:
                    counts["verb of such an object", one == other] += 1
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
