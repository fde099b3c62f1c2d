#!/usr/bin/env python3
"""Writes the reference cases of tests/golden/model_golden_test.cc: tiny random Qwen2-VL models, their logits, loss and
the gradient of every parameter, as transformers computes them in float32 on the CPU.

    python tests/golden/make_model_golden.py            (torch 2.11, transformers 5.2)

Each case is a folder with a model in Hugging Face layout and reference.safetensors:
    input_ids [T], grid_thw [n, 3] in order of appearance, pixel_values [patches, C*2*p*p] in the same order,
    position_ids [3, T], vision_embeddings [R, D], logits [T, V], loss_rows [K], loss [1], grad.<parameter>
Weights and pixels are stored in float16 and used in float32, so that the files stay small and the values exact.
"""

import json
import pathlib

import safetensors.torch
import torch
import transformers

SEED = 20240917
WORDS = 60  # plain tokens; the special ones follow
VISION_START, VISION_END, IMAGE_PAD, VIDEO_PAD, EOS, PAD = range(WORDS, WORDS + 6)
VOCAB = 72
PATCH, MERGE, CHANNELS = 4, 2, 3

# A segment is a number of text tokens or (kind, t, h, w).
CASES = {
    "gqa_tied_two_videos": dict(
        heads=4, kv_heads=2, tied=True, mrope=[1, 1, 2],
        segments=[3, ("video", 2, 2, 6), 4, ("video", 1, 6, 4), 7]),
    "mha_untied_long_video": dict(
        heads=4, kv_heads=4, tied=False, mrope=[2, 1, 1],
        segments=[1, ("video", 3, 4, 2), 9]),
    "mqa_untied_image_and_video": dict(
        heads=2, kv_heads=1, tied=False, mrope=[2, 3, 3],
        segments=[2, ("image", 1, 6, 2), 3, ("video", 2, 2, 2), 6]),
}


def make_config(case):
    return transformers.Qwen2VLConfig(
        text_config=dict(
            vocab_size=VOCAB, hidden_size=32, intermediate_size=24, num_hidden_layers=2,
            num_attention_heads=case["heads"], num_key_value_heads=case["kv_heads"], rms_norm_eps=1e-6,
            max_position_embeddings=512, bos_token_id=PAD, eos_token_id=EOS, pad_token_id=PAD,
            rope_parameters=dict(rope_type="default", rope_theta=10000.0, mrope_section=case["mrope"])),
        vision_config=dict(
            depth=2, embed_dim=16, hidden_size=32, num_heads=2, mlp_ratio=2, in_channels=CHANNELS, patch_size=PATCH,
            spatial_merge_size=MERGE, temporal_patch_size=2, hidden_act="quick_gelu"),
        image_token_id=IMAGE_PAD, video_token_id=VIDEO_PAD, vision_start_token_id=VISION_START,
        vision_end_token_id=VISION_END, tie_word_embeddings=case["tied"])


def hub_config(case):
    """config.json as the hub has it (flat)."""
    return dict(
        architectures=["Qwen2VLForConditionalGeneration"], model_type="qwen2_vl", hidden_act="silu",
        vocab_size=VOCAB, hidden_size=32, intermediate_size=24, num_hidden_layers=2,
        num_attention_heads=case["heads"], num_key_value_heads=case["kv_heads"], rms_norm_eps=1e-6,
        rope_theta=10000.0, rope_scaling=dict(type="mrope", mrope_section=case["mrope"]),
        max_position_embeddings=512, use_sliding_window=False, tie_word_embeddings=case["tied"],
        bos_token_id=PAD, eos_token_id=EOS, pad_token_id=PAD, image_token_id=IMAGE_PAD,
        video_token_id=VIDEO_PAD, vision_start_token_id=VISION_START, vision_end_token_id=VISION_END,
        vision_config=dict(
            depth=2, embed_dim=16, hidden_size=32, num_heads=2, mlp_ratio=2, in_chans=CHANNELS, in_channels=CHANNELS,
            patch_size=PATCH, spatial_patch_size=PATCH, spatial_merge_size=MERGE, temporal_patch_size=2,
            hidden_act="quick_gelu"))


def hub_name(name):
    name = name.replace("model.visual.", "visual.", 1)
    return name.replace("model.language_model.", "model.", 1)


def randomise(model, generator):
    """Large enough that no gradient vanishes; every value is exact in float16."""
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() > 1:
                value = 0.2 * noise
            elif name.endswith("bias"):
                value = 0.1 * noise
            else:
                value = 1 + 0.2 * noise  # norm scales
            parameter.copy_(value.half().float())


def make_inputs(case, generator):
    ids, grids, pixels = [], [], []
    for segment in case["segments"]:
        if isinstance(segment, int):
            ids += torch.randint(0, WORDS, (segment,), generator=generator).tolist()
            continue
        kind, t, h, w = segment
        pad = VIDEO_PAD if kind == "video" else IMAGE_PAD
        ids += [VISION_START] + [pad] * (t * h * w // MERGE**2) + [VISION_END]
        grids.append((kind, t, h, w))
        pixels.append(torch.randn((t * h * w, CHANNELS * 2 * PATCH**2), generator=generator).half().float())
    return torch.tensor(ids), grids, pixels


def vision_arguments(grids, pixels):
    arguments = {}
    for kind, pixel_key, grid_key in (("image", "pixel_values", "image_grid_thw"),
                                      ("video", "pixel_values_videos", "video_grid_thw")):
        chosen = [i for i, grid in enumerate(grids) if grid[0] == kind]
        if chosen:
            arguments[pixel_key] = torch.cat([pixels[i] for i in chosen])
            arguments[grid_key] = torch.tensor([grids[i][1:] for i in chosen])
    return arguments


def make_case(name, case, folder):
    generator = torch.Generator().manual_seed(SEED + sorted(CASES).index(name))
    config = make_config(case)
    config._attn_implementation = "eager"
    model = transformers.Qwen2VLForConditionalGeneration(config).float().eval()
    randomise(model, generator)
    ids, grids, pixels = make_inputs(case, generator)
    vision = vision_arguments(grids, pixels)
    grid_arguments = {key: value for key, value in vision.items() if key.endswith("grid_thw")}
    positions, _ = model.model.get_rope_index(ids[None], attention_mask=torch.ones_like(ids)[None], **grid_arguments)
    logits = model(input_ids=ids[None], attention_mask=torch.ones_like(ids)[None], position_ids=positions,
                   **vision).logits[0]
    loss_rows = torch.arange(len(ids) - 6, len(ids) - 1)
    loss = torch.nn.functional.cross_entropy(logits[loss_rows], ids[loss_rows + 1])
    loss.backward()
    tower = model.model.visual(torch.cat(pixels), grid_thw=torch.tensor([grid[1:] for grid in grids]))
    embeddings = tower if torch.is_tensor(tower) else tower.pooler_output

    folder.mkdir(parents=True, exist_ok=True)
    parameters = dict(model.named_parameters())
    weights = {hub_name(key): value.detach().half().contiguous() for key, value in parameters.items()}
    metadata = dict(generator=f"torch {torch.__version__}, transformers {transformers.__version__}, seed {SEED}",
                    format="pt")
    safetensors.torch.save_file(weights, folder / "model.safetensors", metadata=metadata)
    reference = dict(
        input_ids=ids, grid_thw=torch.tensor([grid[1:] for grid in grids]), pixel_values=torch.cat(pixels).half(),
        position_ids=positions[:, 0].contiguous(), vision_embeddings=embeddings.detach(), logits=logits.detach(),
        loss_rows=loss_rows, loss=loss.detach()[None])
    reference |= {"grad." + hub_name(key): value.grad.contiguous() for key, value in parameters.items()}
    safetensors.torch.save_file(reference, folder / "reference.safetensors", metadata=metadata)
    (folder / "config.json").write_text(json.dumps(hub_config(case), indent=1) + "\n")
    smallest = min((float(value.grad.abs().max()), key) for key, value in parameters.items())
    print(f"{name}: T {len(ids)}, loss {loss.item():.4f}, smallest gradient {smallest[0]:.2e} ({smallest[1]})")


if __name__ == "__main__":
    torch.set_num_threads(1)
    here = pathlib.Path(__file__).resolve().parent
    for case_name, case_settings in CASES.items():
        make_case(case_name, case_settings, here / "model" / case_name)
