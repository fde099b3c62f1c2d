#!/usr/bin/env python3
"""Writes the reference cases of tests/golden/model_golden_test.cc: tiny random models of every family, their logits,
loss, greedy answers and the gradient of every parameter, as transformers computes them in float32 on the CPU.

    python tests/golden/make_model_golden.py [CASE..]           (torch 2.11, transformers 5.2)

Each case is a folder with a model in Hugging Face layout (config.json and tensor names as the hub has them; the model
that transformers loads from it is the one that is measured) and reference.safetensors. A case has several inputs, `k.`:
    k.input_ids [T], k.grid_thw [n, 3] and k.pixel_values [patches, C*2*p*p] in order of appearance (absent: text only),
    k.position_ids [3, T], k.vision_embeddings [R, K*D] (tokens, then deepstack features), k.logits [T, V],
    k.loss_rows [5], k.loss [1], k.greedy [32]
and grad.<parameter>, the gradient of the sum of the losses. Weights and pixels are stored in float16 and used in
float32, so that the files stay small and the values exact.
"""

import json
import pathlib
import sys

import safetensors.torch
import torch
import transformers

SEED = 20240917
WORDS = 42  # plain tokens; the special ones follow
VISION_START, VISION_END, IMAGE_PAD, VIDEO_PAD, EOS, PAD = range(WORDS, WORDS + 6)
VOCAB = 48
MERGE, CHANNELS, FRAMES = 2, 3, 2
NUM_GREEDY = 32
MARGIN = 1e-4  # of the greedy choice over the second best, so that rounding cannot change it

# A segment is a number of text tokens, (kind, t, h, w) or (kind, t, h, w, seconds a frame pair).
TEXT = [9]
QWEN2_VL = dict(model_type="qwen2_vl", heads=4, kv_heads=2, tied=True, mrope=[1, 1, 1], patch=2,
                vision=dict(depth=2, embed_dim=8, num_heads=2, mlp_ratio=2))
QWEN25_VL = dict(model_type="qwen2_5_vl", heads=4, kv_heads=2, tied=True, mrope=[1, 1, 1], patch=2,
                 vision=dict(depth=2, hidden_size=8, num_heads=2, intermediate_size=12, window_size=8,
                             fullatt_block_indexes=[1], tokens_per_second=2))
QWEN3_VL = dict(model_type="qwen3_vl", heads=4, kv_heads=2, tied=True, mrope=[2, 1, 1], head_dim=8, patch=2,
                vision=dict(depth=2, hidden_size=8, num_heads=2, intermediate_size=12, num_position_embeddings=9,
                            deepstack_visual_indexes=[0]))
QWEN2_TEXT = dict(model_type="qwen2", heads=4, kv_heads=2, tied=True)
CASES = {
    "qwen2_vl_gqa_tied": QWEN2_VL | dict(
        inputs=[[3, ("video", 2, 2, 6), 4, ("video", 1, 6, 4), 7], TEXT]),
    "qwen2_vl_mha_untied": QWEN2_VL | dict(
        kv_heads=4, tied=False, inputs=[[1, ("video", 3, 4, 2), 9], [2, ("image", 1, 2, 4), ("image", 1, 4, 2), 6]]),
    "qwen2_vl_mqa_untied": QWEN2_VL | dict(
        heads=2, kv_heads=1, tied=False, mrope=[2, 2, 2],
        inputs=[[2, ("image", 1, 6, 2), 3, ("video", 2, 2, 2), 6]]),
    # Windows of 2 x 2 units: grids that they divide, one that is smaller, and edges of 1.
    "qwen2_5_vl_gqa_tied": QWEN25_VL | dict(
        inputs=[[3, ("video", 2, 8, 4, 1.0), 4, ("video", 1, 6, 10, 2.0), 7], TEXT]),
    # Windows of 3 x 3 units; a fractional time for a frame pair.
    "qwen2_5_vl_mha_untied": QWEN25_VL | dict(
        kv_heads=4, tied=False,
        vision=QWEN25_VL["vision"] | dict(depth=3, window_size=12, fullatt_block_indexes=[0, 2], num_heads=1),
        inputs=[[2, ("image", 1, 8, 10), 5, ("video", 4, 2, 4, 0.7), 6], [1, ("image", 1, 2, 2), 7]]),
    # No block with full attention, one token a patch, a window size that is no multiple of a unit.
    "qwen2_5_vl_mqa_untied": QWEN25_VL | dict(
        heads=2, kv_heads=1, tied=False, mrope=[2, 2, 2], merge=1,
        vision=QWEN25_VL["vision"] | dict(hidden_size=16, num_heads=4, window_size=7, fullatt_block_indexes=[],
                                          tokens_per_second=3),
        inputs=[[2, ("video", 2, 3, 5, 0.5), 6]]),
    # A 3 x 3 table, stretched and shrunk; heads wider than the model's share.
    "qwen3_vl_gqa_tied": QWEN3_VL | dict(
        inputs=[[3, ("video", 2, 2, 6), 4, ("video", 1, 6, 4), 7], TEXT]),
    # A 5 x 5 table, two deepstack features, images and videos mixed.
    "qwen3_vl_mha_untied": QWEN3_VL | dict(
        layers=3, kv_heads=4, tied=False, head_dim=6, mrope=[1, 1, 1],
        vision=QWEN3_VL["vision"] | dict(depth=3, num_heads=1, num_position_embeddings=25,
                                         deepstack_visual_indexes=[0, 2]),
        inputs=[[2, ("image", 1, 4, 10), 3, ("video", 2, 2, 4), 5, ("image", 1, 2, 2), 6]]),
    # Sections that end before the half head does, no deepstack, images only.
    "qwen3_vl_mqa_untied": QWEN3_VL | dict(
        heads=2, kv_heads=1, tied=False, head_dim=20, mrope=[6, 2, 2],
        vision=QWEN3_VL["vision"] | dict(hidden_size=12, num_heads=1, num_position_embeddings=49,
                                         deepstack_visual_indexes=[]),
        inputs=[[2, ("image", 1, 6, 2), 3, ("image", 1, 14, 4), 6]]),
    "qwen2_text_gqa_tied": QWEN2_TEXT | dict(inputs=[[25], [8]]),
    "qwen2_text_mqa_untied": QWEN2_TEXT | dict(heads=2, kv_heads=1, tied=False, inputs=[[17]]),
}
WIDTH = 24
MODELS = {
    "qwen2_vl": transformers.Qwen2VLForConditionalGeneration,
    "qwen2_5_vl": transformers.Qwen2_5_VLForConditionalGeneration,
    "qwen3_vl": transformers.Qwen3VLForConditionalGeneration,
    "qwen2": transformers.Qwen2ForCausalLM,
}


def text_config(case):
    config = dict(
        hidden_act="silu", vocab_size=VOCAB, hidden_size=WIDTH, intermediate_size=20, num_hidden_layers=case.get("layers", 2),
        num_attention_heads=case["heads"], num_key_value_heads=case["kv_heads"], rms_norm_eps=1e-6,
        max_position_embeddings=512, rope_theta=10000.0, bos_token_id=PAD, eos_token_id=EOS)
    if "head_dim" in case:
        config |= dict(head_dim=case["head_dim"], attention_bias=False)
    return config


def hub_config(case):
    """config.json as the hub has it: flat, but nested for Qwen3-VL."""
    kind, text = case["model_type"], text_config(case)
    root = dict(architectures=[MODELS[kind].__name__], model_type=kind, tie_word_embeddings=case["tied"])
    if kind == "qwen2":
        return root | text | dict(use_sliding_window=False, sliding_window=512, max_window_layers=2)
    vision = case["vision"] | dict(patch_size=case["patch"], spatial_merge_size=case.get("merge", MERGE),
                                   temporal_patch_size=FRAMES)
    root |= dict(image_token_id=IMAGE_PAD, video_token_id=VIDEO_PAD, vision_start_token_id=VISION_START,
                 vision_end_token_id=VISION_END)
    if kind == "qwen3_vl":
        text |= dict(model_type="qwen3_vl_text", tie_word_embeddings=case["tied"], rope_scaling=dict(
            mrope_interleaved=True, mrope_section=case["mrope"], rope_type="default"))
        vision |= dict(model_type="qwen3_vl", hidden_act="gelu_pytorch_tanh", in_channels=CHANNELS,
                       out_hidden_size=WIDTH)
        return root | dict(text_config=text, vision_config=vision)
    vision |= dict(in_chans=CHANNELS, in_channels=CHANNELS, spatial_patch_size=case["patch"])
    if kind == "qwen2_vl":
        vision |= dict(hidden_size=WIDTH, hidden_act="quick_gelu")
    else:
        vision |= dict(out_hidden_size=WIDTH, hidden_act="silu")
    return root | text | dict(rope_scaling=dict(type="mrope", mrope_section=case["mrope"]), use_sliding_window=False,
                              vision_config=vision)


def hub_name(name, kind):
    if kind in ("qwen2", "qwen3_vl"):
        return name
    return name.replace("model.visual.", "visual.", 1).replace("model.language_model.", "model.", 1)


def randomise(model, generator):
    """Large enough that no gradient vanishes; every value is exact in float16."""
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if "lm_head" in name or "pos_embed" in name:
                value = 0.7 * noise
            elif parameter.dim() > 1:
                value = 0.3 * noise
            elif name.endswith("bias"):
                value = 0.1 * noise
            else:
                value = 1 + 0.2 * noise  # norm scales
            parameter.copy_(value.half().float())


def make_model(case, folder, generator):
    """A random model, written as a checkpoint and loaded back by transformers."""
    kind = case["model_type"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(hub_config(case), indent=1) + "\n")
    config = transformers.AutoConfig.from_pretrained(folder, attn_implementation="eager")
    model = MODELS[kind](config).float().eval()
    randomise(model, generator)
    weights = {hub_name(key, kind): value.detach().half().contiguous() for key, value in model.named_parameters()}
    assert ("lm_head.weight" in weights) != case["tied"], "tied as the case says"
    safetensors.torch.save_file(weights, folder / "model.safetensors", metadata=METADATA)
    loaded, info = MODELS[kind].from_pretrained(folder, dtype=torch.float32, attn_implementation="eager",
                                                output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    for (name, ours), (_, theirs) in zip(model.named_parameters(), loaded.named_parameters()):
        assert torch.equal(ours, theirs), name
    return loaded.eval()


def make_inputs(segments, case, generator):
    """Token ids, (kind, t, h, w, seconds) of each grid, its pixels. Qwen3-VL writes a time before each frame pair."""
    ids, grids, pixels = [], [], []

    def add_words(count):
        ids.extend(torch.randint(0, WORDS, (count,), generator=generator).tolist())

    for segment in segments:
        if isinstance(segment, int):
            add_words(segment)
            continue
        kind, t, h, w = segment[:4]
        pad = VIDEO_PAD if kind == "video" else IMAGE_PAD
        each = h * w // case.get("merge", MERGE)**2
        if case["model_type"] == "qwen3_vl" and kind == "video":
            for _ in range(t):
                add_words(2)
                ids.extend([VISION_START] + [pad] * each + [VISION_END])
        else:
            ids.extend([VISION_START] + [pad] * (t * each) + [VISION_END])
        grids.append((kind, t, h, w, segment[4] if len(segment) > 4 else 1.0))
        values = torch.randn((t * h * w, CHANNELS * FRAMES * case["patch"]**2), generator=generator)
        pixels.append(values.half().float())
    return torch.tensor(ids), grids, pixels


def vision_arguments(grids, pixels):
    arguments = {}
    for kind, pixel_key, grid_key in (("image", "pixel_values", "image_grid_thw"),
                                      ("video", "pixel_values_videos", "video_grid_thw")):
        chosen = [i for i, grid in enumerate(grids) if grid[0] == kind]
        if chosen:
            arguments[pixel_key] = torch.cat([pixels[i] for i in chosen])
            arguments[grid_key] = torch.tensor([grids[i][1:4] for i in chosen])
    return arguments


def positions_of(ids, grids, case):
    """M-RoPE positions [3, T], by hand: text advances all axes by one; a grid spans time, height and width from where
    it starts, and the next token stands after the largest of them. Qwen2.5-VL puts frame pair t of a video at
    trunc(t * seconds * tokens_per_second); for Qwen3-VL every frame pair is a grid of its own."""
    merge, kind = case.get("merge", MERGE), case["model_type"]
    if kind == "qwen3_vl":
        grids = [(name, 1, h, w, s) for name, t, h, w, s in grids for _ in range(t)]
    columns, start, token, grids = [], 0, 0, list(grids)
    while token < len(ids):
        if ids[token] not in (IMAGE_PAD, VIDEO_PAD):
            columns.append((start,) * 3)
            start, token = start + 1, token + 1
            continue
        name, t, h, w, seconds = grids.pop(0)
        scale = seconds * case["vision"]["tokens_per_second"] if kind == "qwen2_5_vl" and name == "video" else 1
        block = [(start + int(i * scale), start + j, start + k)
                 for i in range(t) for j in range(h // merge) for k in range(w // merge)]
        columns += block
        start, token = max(map(max, block)) + 1, token + len(block)
    return torch.tensor(columns).T.contiguous()


def check_positions(model, ids, grids, vision, positions, case):
    """Against transformers, which truncates the seconds to an integer (5.2, Qwen2.5-VL): only where there are none."""
    arguments = {key: value for key, value in vision.items() if key.endswith("grid_thw")}
    if not arguments or any(seconds != int(seconds) for *_, seconds in grids):
        return
    if case["model_type"] == "qwen2_5_vl":
        arguments["second_per_grid_ts"] = [grid[4] for grid in grids if grid[0] == "video"]
    theirs, _ = model.model.get_rope_index(ids[None], attention_mask=torch.ones_like(ids)[None], **arguments)
    assert torch.equal(theirs[:, 0], positions), (theirs[:, 0], positions)


def forward(model, ids, positions, vision):
    extra = dict(position_ids=positions[:, None]) if hasattr(model.model, "visual") else {}
    return model(input_ids=ids[None], attention_mask=torch.ones_like(ids)[None], use_cache=False, **extra,
                 **vision).logits[0]


class BadSeed(Exception):
    """The greedy answer hangs on rounding, or repeats itself only."""


def greedy(model, ids, positions, vision):
    """The most likely continuation without vision placeholders, one whole forward pass a token."""
    answer = []
    for _ in range(NUM_GREEDY):
        logits = forward(model, ids, positions, vision)[-1]
        logits[[IMAGE_PAD, VIDEO_PAD]] = -float("inf")
        best = logits.topk(2)
        if best.values[0] - best.values[1] < MARGIN * best.values[0].abs().clamp(min=1):
            raise BadSeed
        answer.append(best.indices[0])
        ids = torch.cat([ids, best.indices[:1]])
        positions = torch.cat([positions, positions.max().expand(3, 1) + 1], 1)
    if len(set(map(int, answer))) < 3:
        raise BadSeed
    return torch.stack(answer)


def tower_rows(model, grids, pixels):
    output = model.model.visual(torch.cat(pixels), grid_thw=torch.tensor([grid[1:4] for grid in grids]))
    return torch.cat([output.pooler_output, *(getattr(output, "deepstack_features", None) or [])], 1)


def measure(model, segments, case, generator):
    ids, grids, pixels = make_inputs(segments, case, generator)
    vision = vision_arguments(grids, pixels)
    positions = positions_of(ids, grids, case)
    check_positions(model, ids, grids, vision, positions, case)
    logits = forward(model, ids, positions, vision)
    rows = torch.arange(len(ids) - 6, len(ids) - 1)
    loss = torch.nn.functional.cross_entropy(logits[rows], ids[rows + 1])
    loss.backward()
    found = dict(input_ids=ids, position_ids=positions, logits=logits.detach(), loss_rows=rows, loss=loss.detach()[None])
    with torch.no_grad():
        found |= dict(greedy=greedy(model, ids, positions, vision))
        if grids:
            found |= dict(grid_thw=torch.tensor([grid[1:4] for grid in grids]), pixel_values=torch.cat(pixels).half(),
                          vision_embeddings=tower_rows(model, grids, pixels))
    return found


def make_reference(case, folder, seed):
    generator = torch.Generator().manual_seed(seed)
    model = make_model(case, folder, generator)
    reference = {}
    for number, segments in enumerate(case["inputs"]):
        found = measure(model, segments, case, generator)
        reference |= {f"{number}.{key}": value for key, value in found.items()}
    gradients = {hub_name(key, case["model_type"]): value.grad for key, value in model.named_parameters()}
    return reference | {"grad." + key: value.contiguous() for key, value in gradients.items()}


def make_case(name, case, folder):
    for seed in range(SEED + 1000 * list(CASES).index(name), SEED + 1000000):
        try:
            reference = make_reference(case, folder, seed)
            break
        except BadSeed:
            pass
    safetensors.torch.save_file(reference, folder / "reference.safetensors", metadata=METADATA)
    smallest = min((float(value.abs().max()), key) for key, value in reference.items() if key.startswith("grad."))
    answers = [len(set(reference[f"{i}.greedy"].tolist())) for i in range(len(case["inputs"]))]
    print(f"{name}: seed {seed}, smallest gradient {smallest[0]:.1e} ({smallest[1]}), greedy tokens {answers}")


METADATA = dict(format="pt",
                generator=f"torch {torch.__version__}, transformers {transformers.__version__}")

if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    here = pathlib.Path(__file__).resolve().parent
    for case_name in sys.argv[1:] or CASES:
        make_case(case_name, CASES[case_name], here / "model" / case_name)
