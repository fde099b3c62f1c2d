#!/usr/bin/env python3
"""Writes the reference cases of tests/golden/lora_golden_test.cc: random LoRA adapters beside the models of
make_model_golden.py, with the logits, loss and adapter gradients that PEFT computes, and the logits after it merged them.

    python tests/golden/make_lora_golden.py             (torch 2.11, transformers 5.2, peft 0.21.2)

Each case is a folder with adapter_config.json and adapter_model.safetensors as PEFT saves them and reference.safetensors:
    logits [T, V], merged_logits [T, V], loss [1], grad.<tensor of the adapter file>
Inputs are those in reference.safetensors of the model's case. A and B are random, so that both have gradients.
"""

import json
import pathlib

import peft
import safetensors.torch
import torch
import transformers

SEED = 20250311
HERE = pathlib.Path(__file__).resolve().parent

# The rules of target_modules: everything linear, a list of names, a regular expression.
CASES = {
    "all_linear": dict(model="gqa_tied_two_videos", r=4, lora_alpha=8, target_modules="all-linear"),
    "names_without_vision": dict(
        model="mha_untied_long_video", r=3, lora_alpha=5, lora_dropout=0.1,
        target_modules=["q_proj", "v_proj", "proj", "mlp.down_proj"], exclude_modules=r"model\.visual\..*"),
    "expression_rslora": dict(
        model="mqa_untied_image_and_video", r=2, lora_alpha=3, use_rslora=True,
        target_modules=r".*\.(layers\.1\..*\.(k_proj|o_proj|up_proj)|blocks\.0\.attn\.qkv|merger\.mlp\.2)"),
}


def vision_arguments(ids, config, grids, pixels):
    """Pixels in order of appearance -> keyword arguments of the model."""
    arguments, first = {}, 0
    starts = [i for i in range(len(ids) - 1) if ids[i] == config.vision_start_token_id]
    for start, grid in zip(starts, grids, strict=True):
        rows = pixels[first:first + int(grid.prod())]
        first += len(rows)
        is_video = ids[start + 1] == config.video_token_id
        for key, value in ((("pixel_values_videos" if is_video else "pixel_values"), rows),
                           (("video_grid_thw" if is_video else "image_grid_thw"), grid[None])):
            arguments[key] = torch.cat([arguments[key], value]) if key in arguments else value
    return arguments


def make_case(name, settings):
    settings = dict(settings)
    source = HERE / "model" / settings.pop("model")
    inputs = safetensors.torch.load_file(source / "reference.safetensors")
    base = transformers.Qwen2VLForConditionalGeneration.from_pretrained(source, dtype=torch.float32)
    config = peft.LoraConfig(task_type="CAUSAL_LM", **settings)
    model = peft.get_peft_model(base, config).eval()
    generator = torch.Generator().manual_seed(SEED + len(name))
    with torch.no_grad():
        for key, parameter in sorted(model.named_parameters()):
            if "lora_" in key:  # every value exact in float16
                parameter.copy_((0.3 * torch.randn(parameter.shape, generator=generator)).half().float())
    ids, positions = inputs["input_ids"], inputs["position_ids"][:, None]
    arguments = dict(input_ids=ids[None], attention_mask=torch.ones_like(ids)[None], position_ids=positions,
                     **vision_arguments(ids.tolist(), base.config, inputs["grid_thw"], inputs["pixel_values"].float()))
    logits = model(**arguments).logits[0]
    rows = inputs["loss_rows"]
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
        merged_logits = merged(**arguments).logits[0]
    metadata = dict(generator=f"torch {torch.__version__}, transformers {transformers.__version__}, "
                              f"peft {peft.__version__}, seed {SEED}", format="pt")
    reference = dict(logits=logits.detach(), merged_logits=merged_logits, loss=loss.detach()[None])
    reference |= {"grad." + key: value.contiguous() for key, value in gradients.items()}
    safetensors.torch.save_file(reference, folder / "reference.safetensors", metadata=metadata)
    smallest = min((float(value.abs().max()), key) for key, value in gradients.items())
    print(f"{name}: {len(stored) // 2} layers, loss {loss.item():.4f} (without adapters {inputs['loss'].item():.4f}), "
          f"smallest gradient {smallest[0]:.2e} ({smallest[1]})")


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    for case_name, case_settings in CASES.items():
        make_case(case_name, case_settings)
