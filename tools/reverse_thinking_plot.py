#!/usr/bin/env python3
"""The figure of docs/results/reverse_thinking.md from the runs that tools/reverse_thinking.sh leaves.

    tools/reverse_thinking_plot.py runs/reverse_thinking 1 2 3 > docs/images/reverse_thinking.svg

The share of right letters among GRPO's samples over its steps, means of ten steps, a line a seed: with a chain of
thought and without. Python's standard library only.
"""

import json
import pathlib
import statistics
import sys

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 60, 190, 20, 50  # margins
WINDOW = 10  # steps
CHANCE = 0.25
KINDS = (("thought", "#1668b8", "with a chain of thought"), ("no_thought", "#b8531c", "without"))


def letters(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    # A resumed run writes the steps after its checkpoint again: the last line of a step counts.
    by_step = {line["step"]: line["reward/letter/mean"] for line in lines if line["stage"] == "grpo"}
    shares = [by_step[step] for step in sorted(by_step)]
    return [statistics.mean(shares[i:i + WINDOW]) for i in range(len(shares) - WINDOW + 1)]


def main():
    if len(sys.argv) < 3 or not all(seed.isdigit() for seed in sys.argv[2:]):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    curves = {kind: [letters(folder / f"seed-{seed}" / kind) for seed in sys.argv[2:]] for kind, _, _ in KINDS}
    num_points = max(len(curve) for of_kind in curves.values() for curve in of_kind)

    def x(point):
        return LEFT + (WIDTH - LEFT - RIGHT) * point / max(1, num_points - 1)

    def y(share):
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)

    def text(at_x, at_y, words, extra=""):
        print(f'<text x="{at_x:.0f}" y="{at_y:.0f}" {extra}>{words}</text>')

    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
          'font-size="13" fill="#333">\n<title>Right letters among GRPO\'s samples, with and without a chain of '
          f'thought</title>\n<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>')
    for percent in (0, 25, 50, 75, 100):
        print(f'<path d="M{LEFT} {y(percent / 100):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        text(LEFT - 8, y(percent / 100) + 4, f"{percent} %", 'text-anchor="end"')
    print(f'<path d="M{LEFT} {y(CHANCE):.1f}H{WIDTH - RIGHT}" stroke="#666" stroke-dasharray="4 4"/>')
    text(WIDTH - RIGHT + 8, y(CHANCE) + 18, "chance")
    for point in range(0, num_points, 15):
        text(x(point), HEIGHT - BOTTOM + 20, str(point + WINDOW), 'text-anchor="middle"')
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, f"GRPO step (means of the last {WINDOW})", 'text-anchor="middle"')
    for kind, colour, name in KINDS:
        for curve in curves[kind]:
            path = "L".join(f"{x(i):.1f} {y(share):.1f}" for i, share in enumerate(curve))
            print(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        last = statistics.mean(curve[-1] for curve in curves[kind])
        text(WIDTH - RIGHT + 8, y(last) - 2, name, f'fill="{colour}"')
    print("</svg>")


if __name__ == "__main__":
    main()
