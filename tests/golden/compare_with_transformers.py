#!/usr/bin/env python3
"""Compares a checkpoint written by Retrace with transformers, on one prompt.

    build/cpu-release/bin/model_check --model M --video V --prompt P --dump check.safetensors
    python3 tests/golden/compare_with_transformers.py M check.safetensors

Needs torch 2.11, transformers 5.2 and safetensors. The model folder is loaded by transformers alone; token ids, pixel
values and grid come from the dump. Compared: positions (exact), logits of the whole prompt (within 1e-4 of the
largest magnitude, float32), and the greedy continuation (exact). Exit code 1 if anything differs.
"""

import sys

import torch
import transformers
from safetensors.torch import load_file

TOLERANCE = 1e-4  # of the largest magnitude: float32 sums of some hundred terms in another order


def relative_difference(ours, theirs):
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, dump_file = sys.argv[1:]
    transformers.logging.disable_progress_bar()
    dump = load_file(dump_file)
    model = transformers.Qwen2VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    model.eval()
    ids = dump["input_ids"][None]
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    grids = {}
    if "pixel_values" in dump:
        grids = {"video_grid_thw": dump["grid_thw"]}
        inputs |= {"pixel_values_videos": dump["pixel_values"], **grids}
    with torch.no_grad():
        positions, _ = model.model.get_rope_index(ids, attention_mask=inputs["attention_mask"], **grids)
        logits = model(**inputs, position_ids=positions).logits[0]
        greedy = model.generate(
            **inputs, max_new_tokens=len(dump["greedy_ids"]), do_sample=False, repetition_penalty=1.0
        )[0, ids.shape[1]:]
    checks = {
        "positions": bool((positions[:, 0] == dump["position_ids"]).all()),
        "logits": relative_difference(dump["logits"], logits) <= TOLERANCE,
        "greedy ids": greedy.tolist() == dump["greedy_ids"].tolist(),
    }
    print(f"transformers {transformers.__version__}, torch {torch.__version__}, {ids.shape[1]} prompt tokens")
    print(f"logits: largest difference {relative_difference(dump['logits'], logits):.2e} of the largest magnitude")
    print(f"greedy: {len(greedy)} tokens, {greedy.tolist()[:12]} ...")
    for name, is_equal in checks.items():
        print(f"{name}: {'equal' if is_equal else 'DIFFERENT'}")
    sys.exit(0 if all(checks.values()) else 1)


if __name__ == "__main__":
    main()
