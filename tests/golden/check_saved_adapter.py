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

from make_lora_golden import HERE, vision_arguments


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    transformers.utils.logging.disable_progress_bar()
    warnings.simplefilter("error")  # a missing or unexpected adapter key is a warning of PEFT
    for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
        source = HERE / "model" / pathlib.Path(json.loads((folder / "adapter_config.json").read_text())
                                               ["base_model_name_or_path"]).name
        base = transformers.Qwen2VLForConditionalGeneration.from_pretrained(source, dtype=torch.float32)
        model = peft.PeftModel.from_pretrained(base, folder).eval()
        stored = safetensors.torch.load_file(folder / "adapter_model.safetensors")
        state = peft.get_peft_model_state_dict(model)
        if state.keys() != stored.keys():
            sys.exit(f"{folder}: PEFT adapts {len(state)} tensors, the file holds {len(stored)}")
        inputs = safetensors.torch.load_file(source / "reference.safetensors")
        ids = inputs["input_ids"]
        arguments = vision_arguments(ids.tolist(), base.config, inputs["grid_thw"], inputs["pixel_values"].float())
        with torch.no_grad():
            logits = model(input_ids=ids[None], attention_mask=torch.ones_like(ids)[None],
                           position_ids=inputs["position_ids"][:, None], **arguments).logits[0]
        expected = safetensors.torch.load_file(HERE / "lora" / folder.name / "reference.safetensors")["logits"]
        difference = float((logits - expected).abs().max() / expected.abs().max())
        if difference > 1e-6:
            sys.exit(f"{folder}: logits differ by {difference:.1e} of the largest")
        print(f"{folder.name}: PEFT loads {len(stored)} tensors; logits within {difference:.1e} of the largest")


if __name__ == "__main__":
    main()
