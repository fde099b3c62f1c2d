#!/usr/bin/env python3
"""The table of docs/results/reverse_thinking.md from the scores that tools/reverse_thinking.sh leaves.

    tools/reverse_thinking_table.py runs/reverse_thinking/scores 1 2 3

Two to ten seeds. Means over seeds; behind +- the largest distance of a seed from the mean. Differences are paired by
seed, with their 95 % interval over seeds (Student's t). Python's standard library only.
"""

import json
import pathlib
import statistics
import sys

MODELS = ("base", "SFT", "SFT+GRPO", "CoT-SFT", "CoT-SFT+GRPO")
COLUMNS = [f"{task}/{way}" for task in ("route", "direction", "landmark", "action") for way in ("forward", "reverse")]
AVERAGES = ("avg_st", "avg_total")
CLAIMS = (("SFT", "base"), ("SFT+GRPO", "SFT"), ("CoT-SFT", "base"), ("CoT-SFT", "SFT"), ("CoT-SFT+GRPO", "CoT-SFT"),
          ("CoT-SFT+GRPO", "SFT+GRPO"), ("CoT-SFT+GRPO", "base"))
# Quantiles 0.975 of Student's t for 1 to 9 degrees of freedom.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def read(folder, model, seed):
    views = json.loads((folder / f"{model}-{seed}" / "results.json").read_text())["views"]
    return {view: {name: quantity["percent"] for name, quantity in of_view["quantities"].items()}
            for view, of_view in views.items()}


def cell(values):
    mean = statistics.mean(values)
    return f"{mean:.1f} +- {max(abs(value - mean) for value in values):.1f}"


def table(scores, names, titles):
    print("| | " + " | ".join(titles) + " |")
    print("|---|" + "---:|" * len(titles))
    for model in MODELS:
        for view in ("seen", "blind"):
            row = [cell([of_seed[view][name] for of_seed in scores[model]]) for name in names]
            print(f"| {model}{', blind' if view == 'blind' else ''} | " + " | ".join(row) + " |")
    print()


def main():
    if not 4 <= len(sys.argv) <= 12 or not all(seed.isdigit() for seed in sys.argv[2:]):
        sys.exit(__doc__)
    folder, seeds = pathlib.Path(sys.argv[1]), sys.argv[2:]
    scores = {model: [read(folder, model, seed) for seed in seeds] for model in MODELS}
    table(scores, AVERAGES, ("Avg(ST)", "Avg(Total)"))
    table(scores, COLUMNS, [name.replace("/forward", " ->").replace("/reverse", " <-") for name in COLUMNS])
    print("| difference in points | Avg(ST) | Avg(Total) |")
    print("|---|---:|---:|")
    for better, worse in CLAIMS:
        row = []
        for name in AVERAGES:
            gains = [a["seen"][name] - b["seen"][name] for a, b in zip(scores[better], scores[worse])]
            half = STUDENT[len(gains) - 2] * statistics.stdev(gains) / len(gains) ** 0.5
            mean = statistics.mean(gains)
            row.append(f"{mean:+.1f} ({mean - half:+.1f} to {mean + half:+.1f})")
        print(f"| {better} - {worse} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
