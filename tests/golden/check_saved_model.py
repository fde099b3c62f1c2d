#!/usr/bin/env python3
"""Checks that transformers and the safetensors library read model folders that Retrace saved, whole or in shards.

    python3 tests/golden/check_saved_model.py build/cpu-release/saved_tiny_model build/cpu-release/saved_sharded_model
"""

import json
import pathlib
import re
import sys

import safetensors.torch
import torch
import transformers


def in_memory_name(name):
    name = re.sub(r"^visual\.", "model.visual.", name)
    return re.sub(r"^model\.(?!visual\.|language_model\.)", "model.language_model.", name)


def read_tensors(folder):
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return safetensors.torch.load_file(folder / "model.safetensors")
    weight_map = json.loads(index.read_text())["weight_map"]
    tensors = {}
    for file in sorted(set(weight_map.values())):
        shard = safetensors.torch.load_file(folder / file)
        if any(weight_map.get(name) != file for name in shard):
            sys.exit(f"{index}: {file} holds tensors that are listed elsewhere")
        tensors |= shard
    if tensors.keys() != weight_map.keys():
        sys.exit(f"{index}: lists {tensors.keys() ^ weight_map.keys()} that the shards do not hold")
    return tensors


def check(folder):
    model, report = transformers.AutoModelForImageTextToText.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
    )
    misfits = {key: value for key, value in report.items() if value}
    if misfits:
        sys.exit(f"{folder}: transformers reports {misfits}")
    stored = read_tensors(folder)
    state = model.state_dict()
    for name, tensor in stored.items():
        if not torch.equal(state[in_memory_name(name)], tensor.float()):
            sys.exit(f"{folder}: transformers reads other values for {name}")
    processor = transformers.AutoProcessor.from_pretrained(folder)
    ids = processor.tokenizer("left, right, straight")["input_ids"]
    print(f"{folder}: {len(stored)} tensors agree; {len(ids)} ids for the sample text")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    transformers.utils.logging.disable_progress_bar()
    for folder in sys.argv[1:]:
        check(pathlib.Path(folder))


if __name__ == "__main__":
    main()
