#!/usr/bin/env python3
"""Checks that transformers and the safetensors library read a model folder that Retrace saved.

    python3 tests/golden/check_saved_model.py build/cpu-release/saved_tiny_model
"""

import pathlib
import re
import sys

import safetensors.torch
import torch
import transformers


def in_memory_name(name):
    name = re.sub(r"^visual\.", "model.visual.", name)
    return re.sub(r"^model\.(?!visual\.|language_model\.)", "model.language_model.", name)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    transformers.utils.logging.disable_progress_bar()
    model, report = transformers.Qwen2VLForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, output_loading_info=True
    )
    misfits = {key: value for key, value in report.items() if value}
    if misfits:
        sys.exit(f"{folder}: transformers reports {misfits}")
    stored = safetensors.torch.load_file(folder / "model.safetensors")
    state = model.state_dict()
    for name, tensor in stored.items():
        if not torch.equal(state[in_memory_name(name)], tensor.float()):
            sys.exit(f"{folder}: transformers reads other values for {name}")
    processor = transformers.AutoProcessor.from_pretrained(folder)
    ids = processor.tokenizer("left, right, straight")["input_ids"]
    print(f"{folder}: {len(stored)} tensors agree; {len(ids)} ids for the sample text")


if __name__ == "__main__":
    main()
