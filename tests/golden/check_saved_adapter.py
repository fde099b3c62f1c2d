#!/usr/bin/env python3
"""Checks that PEFT loads the adapters that Retrace wrote, and computes the same logits with them as with its own.

`golden_test` leaves adapters in <build>/saved_adapters. Needs torch 2.11, transformers 5.2, peft 0.21.2.

    python3 tests/golden/check_saved_adapter.py build/cpu-release/saved_adapters
"""

import json
import pathlib
import sys
import warnings

import peft
import safetensors.torch
import torch
import transformers

import make_model_golden as models
from make_lora_golden import HERE, load_base, read_inputs


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    transformers.utils.logging.disable_progress_bar()
    warnings.simplefilter("error")  # a missing or unexpected adapter key is a warning of PEFT
    for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        source = HERE / "model" / pathlib.Path(json.loads((folder / "adapter_config.json").read_text())
                                               ["base_model_name_or_path"]).name
        base = load_base(source)
        model = peft.PeftModel.from_pretrained(base, folder).eval()
        stored = safetensors.torch.load_file(folder / "adapter_model.safetensors")
        state = peft.get_peft_model_state_dict(model)
        if state.keys() != stored.keys():
            sys.exit(f"{folder}: PEFT adapts {len(state)} tensors, the file holds {len(stored)}")
        ids, positions, vision, _ = read_inputs(source)
        with torch.no_grad():
            logits = models.forward(base, ids, positions, vision)
        expected = safetensors.torch.load_file(HERE / "lora" / folder.name / "reference.safetensors")["logits"]
        difference = float((logits - expected).abs().max() / expected.abs().max())
        if difference > 1e-6:
            sys.exit(f"{folder}: logits differ by {difference:.1e} of the largest")
        print(f"{folder.name}: PEFT loads {len(stored)} tensors; logits within {difference:.1e} of the largest")


if __name__ == "__main__":
    main()
