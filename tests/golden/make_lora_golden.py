#!/usr/bin/env python3
"""Writes the reference cases of tests/golden/lora_golden_test.cc: random LoRA adapters beside the models of
make_model_golden.py, with the logits, loss and adapter gradients that PEFT computes, and the logits after it merged them.

    python tests/golden/make_lora_golden.py             (torch 2.11, transformers 5.2, peft 0.21.2)

Each case is a folder with adapter_config.json and adapter_model.safetensors as PEFT saves them and reference.safetensors:
    logits [T, V], merged_logits [T, V], loss [1], grad.<tensor of the adapter file>
for the first input in reference.safetensors of the model's case. A and B are random, so that both have gradients.
"""

import json
import pathlib

import peft
import safetensors.torch
import torch
import transformers

import make_model_golden as models

SEED = 20250311
HERE = pathlib.Path(__file__).resolve().parent

# The rules of target_modules: everything linear, a list of names, a regular expression; every family.
CASES = {
    "qwen2_vl_all_linear": dict(model="qwen2_vl_gqa_tied", r=4, lora_alpha=8, target_modules="all-linear"),
    "qwen2_vl_expression_rslora": dict(
        model="qwen2_vl_mqa_untied", r=2, lora_alpha=3, use_rslora=True,
        target_modules=r".*\.(layers\.1\..*\.(k_proj|o_proj|up_proj)|blocks\.0\.attn\.qkv|merger\.mlp\.2)"),
    "qwen2_5_vl_names_without_vision": dict(
        model="qwen2_5_vl_mha_untied", r=3, lora_alpha=5, lora_dropout=0.1,
        target_modules=["q_proj", "v_proj", "proj", "mlp.down_proj"], exclude_modules=r"model\.visual\..*"),
    "qwen3_vl_all_linear": dict(model="qwen3_vl_gqa_tied", r=2, lora_alpha=4, target_modules="all-linear"),
    "qwen2_text_names": dict(model="qwen2_text_mqa_untied", r=2, lora_alpha=4, target_modules=["q_proj", "gate_proj"]),
}


def load_base(folder):
    return models.MODELS[json.loads((folder / "config.json").read_text())["model_type"]].from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()


def read_inputs(folder):
    """ids, positions, keyword arguments of the tower, rows of the loss."""
    stored = safetensors.torch.load_file(folder / "reference.safetensors")
    inputs = {key.removeprefix("0."): value for key, value in stored.items() if key.startswith("0.")}
    vision = {}
    if "grid_thw" in inputs:
        kinds = [segment[0] for segment in models.CASES[folder.name]["inputs"][0] if not isinstance(segment, int)]
        sizes = inputs["grid_thw"].prod(1).tolist()
        grids = [(kind, *grid) for kind, grid in zip(kinds, inputs["grid_thw"].tolist(), strict=True)]
        vision = models.vision_arguments(grids, list(inputs["pixel_values"].float().split(sizes)))
    return inputs["input_ids"], inputs["position_ids"], vision, inputs["loss_rows"]


def make_case(name, settings):
    settings = dict(settings)
    source = HERE / "model" / settings.pop("model")
    base = load_base(source)
    config = peft.LoraConfig(task_type="CAUSAL_LM", **settings)
    model = peft.get_peft_model(base, config).eval()
    generator = torch.Generator().manual_seed(SEED + len(name))
    with torch.no_grad():
        for key, parameter in sorted(model.named_parameters()):
            if "lora_" in key:  # every value exact in float16
                parameter.copy_((0.3 * torch.randn(parameter.shape, generator=generator)).half().float())
    ids, positions, vision, rows = read_inputs(source)
    logits = models.forward(base, ids, positions, vision)  # PEFT has put its layers into `base`
    loss = torch.nn.functional.cross_entropy(logits[rows], ids[rows + 1])
    loss.backward()

    folder = HERE / "lora" / name
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    settings_file = folder / "adapter_config.json"
    saved = json.loads(settings_file.read_text())
    saved["base_model_name_or_path"] = f"tests/golden/model/{source.name}"
    if isinstance(saved["target_modules"], list):
        saved["target_modules"].sort()
    settings_file.write_text(json.dumps(saved, indent=2, sort_keys=True) + "\n")
    gradients = {key.replace(".default", ""): value.grad for key, value in model.named_parameters() if value.requires_grad}
    stored = safetensors.torch.load_file(folder / "adapter_model.safetensors")
    assert gradients.keys() == stored.keys(), gradients.keys() ^ stored.keys()
    merged = model.merge_and_unload()
    with torch.no_grad():
        merged_logits = models.forward(merged, ids, positions, vision)
    metadata = dict(generator=f"torch {torch.__version__}, transformers {transformers.__version__}, "
                              f"peft {peft.__version__}, seed {SEED}", format="pt")
    reference = dict(logits=logits.detach(), merged_logits=merged_logits, loss=loss.detach()[None])
    reference |= {"grad." + key: value.contiguous() for key, value in gradients.items()}
    safetensors.torch.save_file(reference, folder / "reference.safetensors", metadata=metadata)
    smallest = min((float(value.abs().max()), key) for key, value in gradients.items())
    print(f"{name}: {len(stored) // 2} layers, loss {loss.item():.4f}, smallest gradient {smallest[0]:.2e} "
          f"({smallest[1]})")


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    for case_name, case_settings in CASES.items():
        make_case(case_name, case_settings)
