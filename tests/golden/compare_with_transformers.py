#!/usr/bin/env python3
"""Compares a checkpoint with transformers, on one prompt that model_check has dumped.

    build/cpu-release/bin/model_check --model M --video V --image I --prompt P --dump check.safetensors
    python3 tests/golden/compare_with_transformers.py M check.safetensors [--image I]... [--prompt P] [--system S]
        [--dtype bfloat16] [--attention sdpa]

Needs torch 2.11, transformers 5.2 and safetensors; docs/model_check.md explains every line of the output. Qwen2-VL,
Qwen2.5-VL, Qwen3-VL and text-only Qwen2 are covered.

Without files and prompt, token ids, pixel values and grids come from the dump, so that the model alone is compared:
positions (exact), vision embeddings and logits of the whole prompt (within 1e-4 of the largest magnitude, float32),
and the greedy continuation (exact). With --image and --prompt (and no video) the processor of transformers also makes
its own ids and pixels from the same files, and they are compared with the dump.

Positions of Qwen2.5-VL videos: transformers 5.2 cuts the seconds a frame pair to a whole number. The comparison is with
the formula of the model's authors, and a line says whether 5.2 agrees. Exit code 1 if anything differs.
"""

import argparse
import sys

import torch
import transformers
from safetensors.torch import load_file
from transformers.image_utils import load_image

TOLERANCE = 1e-4  # of the largest magnitude: float32 sums of some hundred terms in another order


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("dump")
    parser.add_argument("--prompt")
    parser.add_argument("--system")
    parser.add_argument("--image", action="append", default=[])
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--attention", default="eager", choices=["eager", "sdpa"])
    return parser.parse_args()


def relative_difference(ours, theirs):
    return ((ours.float() - theirs.float()).abs().max() / theirs.float().abs().max()).item()


def load_model(arguments):
    config = transformers.AutoConfig.from_pretrained(arguments.model)
    is_text = config.model_type in ("qwen2",)
    auto = transformers.AutoModelForCausalLM if is_text else transformers.AutoModelForImageTextToText
    model = auto.from_pretrained(
        arguments.model, dtype=getattr(torch, arguments.dtype), attn_implementation=arguments.attention)
    return model.eval()


def split_by_kind(dump, ids, config):
    """Rows and grids of the dump, in the order of the prompt, as images and videos."""
    if "pixel_values" not in dump:
        return {}
    pads = (config.image_token_id, config.video_token_id)
    merge = config.vision_config.spatial_merge_size ** 2
    is_qwen3 = config.model_type.startswith("qwen3")
    parts = {config.image_token_id: [], config.video_token_id: []}
    flat = ids[0].tolist()
    place = row = 0
    for t, h, w in dump["grid_thw"].tolist():
        for _ in range(t if is_qwen3 else 1):
            place = next(i for i in range(place, len(flat)) if flat[i] in pads)
            kind = flat[place]
            if is_qwen3 and kind == config.image_token_id:
                place += t * h * w // merge
                break
            place += (h * w if is_qwen3 else t * h * w) // merge
        parts[kind].append(((t, h, w), dump["pixel_values"][row:row + t * h * w]))
        row += t * h * w
    inputs = {}
    for kind, pixels, grid in ((pads[0], "pixel_values", "image_grid_thw"),
                               (pads[1], "pixel_values_videos", "video_grid_thw")):
        if parts[kind]:
            inputs[grid] = torch.tensor([item[0] for item in parts[kind]])
            inputs[pixels] = torch.cat([item[1] for item in parts[kind]])
    return inputs


def reference_positions(model, ids, inputs):
    if not hasattr(model, "model") or not hasattr(model.model, "get_rope_index"):
        return torch.arange(ids.shape[1]).expand(3, -1)
    grids = {name: inputs[name] for name in ("image_grid_thw", "video_grid_thw") if name in inputs}
    positions, _ = model.model.get_rope_index(ids, attention_mask=torch.ones_like(ids), **grids)
    return positions[:, 0]


def check_positions(model, config, dump, ids, inputs):
    """Qwen2.5-VL needs the seconds of each video, which only the dump's own positions tell; they are checked for all
    that does not depend on them."""
    ours = dump["position_ids"]
    if config.model_type != "qwen2_5_vl" or "video_grid_thw" not in inputs:
        return bool(torch.equal(ours, reference_positions(model, ids, inputs)))
    theirs = reference_positions(model, ids, inputs)
    is_video = ids[0] == config.video_token_id

    def steps(positions):
        return torch.diff(positions, dim=1)

    inside = ~(is_video[1:] | is_video[:-1])
    same_text = torch.equal(steps(ours)[:, inside], steps(theirs)[:, inside])
    both = is_video[1:] & is_video[:-1]
    same_space = torch.equal(steps(ours)[1:, both], steps(theirs)[1:, both])
    print(f"positions: those of transformers with one second a frame pair are "
          f"{'the same' if torch.equal(ours, theirs) else 'others, as they must be unless a pair is a second'}")
    return same_text and same_space


def vision_embeddings(model, config, ids, inputs):
    """Rows of images and videos in the order of the prompt."""
    def rows(features):
        features = getattr(features, "pooler_output", features)
        return features if torch.is_tensor(features) else torch.cat(list(features), dim=0)

    found = torch.zeros(ids.shape[1], config.get_text_config().hidden_size, dtype=model.dtype)
    if "pixel_values" in inputs:
        found[ids[0] == config.image_token_id] = rows(
            model.model.get_image_features(inputs["pixel_values"], inputs["image_grid_thw"]))
    if "pixel_values_videos" in inputs:
        found[ids[0] == config.video_token_id] = rows(
            model.model.get_video_features(inputs["pixel_values_videos"], inputs["video_grid_thw"]))
    return found[(ids[0] == config.image_token_id) | (ids[0] == config.video_token_id)]


def check_processor(arguments, dump):
    """Ids and pixels that transformers makes of the prompt and the image files."""
    processor = transformers.AutoProcessor.from_pretrained(arguments.model)
    images = [load_image(path) for path in arguments.image]
    pieces = arguments.prompt.split("<image>")
    content = [] if len(pieces) > 1 else [{"type": "image"} for _ in images]
    for i, piece in enumerate(pieces):
        content += [{"type": "image"}] if i > 0 else []
        content += [{"type": "text", "text": piece}] if piece else []
    is_text = not hasattr(processor, "image_processor")
    user = {"role": "user", "content": arguments.prompt if is_text else content}
    system = arguments.system if is_text else [{"type": "text", "text": arguments.system}]
    messages = ([{"role": "system", "content": system}] if arguments.system else []) + [user]
    text = processor.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    if is_text:
        ids = torch.tensor(processor(text)["input_ids"])
        return {"processor ids": torch.equal(ids, dump["input_ids"])}
    output = processor(text=[text], images=images or None, return_tensors="pt")
    checks = {"processor ids": torch.equal(output["input_ids"][0], dump["input_ids"])}
    if images:
        checks["processor grids"] = torch.equal(output["image_grid_thw"], dump["grid_thw"])
        same_shape = output["pixel_values"].shape == dump["pixel_values"].shape
        checks["processor pixels"] = same_shape and torch.equal(output["pixel_values"], dump["pixel_values"])
        if same_shape and not checks["processor pixels"]:
            difference = (output["pixel_values"] - dump["pixel_values"]).abs()
            print(f"pixels: {(difference > 0).float().mean():.2e} of the values differ, by at most "
                  f"{difference.max():.3f} (one level of 255 is about 0.015)")
    return checks


def main():
    arguments = parse_arguments()
    transformers.logging.disable_progress_bar()
    dump = load_file(arguments.dump)
    model = load_model(arguments)
    config = model.config
    ids = dump["input_ids"][None]
    inputs = split_by_kind(dump, ids, config)
    checks = {"positions": check_positions(model, config, dump, ids, inputs)}
    casted = {name: value.to(model.dtype) if value.is_floating_point() else value for name, value in inputs.items()}
    mask = torch.ones_like(ids)
    with torch.no_grad():
        if inputs:
            embeddings = vision_embeddings(model, config, ids, casted)
            difference = relative_difference(dump["vision_embeddings"], embeddings)
            print(f"vision embeddings: largest difference {difference:.2e} of the largest magnitude")
            checks["vision embeddings"] = difference <= TOLERANCE
        positions = dump["position_ids"][:, None]
        if hasattr(model.model, "rope_deltas"):
            logits = model(input_ids=ids, attention_mask=mask, position_ids=positions, **casted).logits[0]
        else:
            logits = model(input_ids=ids, attention_mask=mask).logits[0]
        greedy = greedy_ids(model, ids, positions, casted, logits, len(dump["greedy_ids"]),
                            banned_ids(arguments.model, config))
    difference = relative_difference(dump["logits"], logits)
    checks["logits"] = difference <= TOLERANCE
    checks["greedy ids"] = greedy == dump["greedy_ids"].tolist()
    if arguments.prompt is not None:
        checks |= check_processor(arguments, dump)
    print(f"transformers {transformers.__version__}, torch {torch.__version__}, {ids.shape[1]} prompt tokens")
    print(f"logits: largest difference {difference:.2e} of the largest magnitude")
    print(f"greedy: {len(greedy)} tokens, {greedy[:12]} ...")
    for name, is_equal in checks.items():
        print(f"{name}: {'equal' if is_equal else 'DIFFERENT'}")
    sys.exit(0 if all(checks.values()) else 1)


def banned_ids(folder, config):
    """Control tokens and rows without a token, which Retrace never samples."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    names = ["im_start", "vision_start", "vision_end", "vision_pad", "image_pad", "video_pad"]
    vocabulary = tokenizer.get_vocab()
    ids = [vocabulary[f"<|{name}|>"] for name in names if f"<|{name}|>" in vocabulary]
    return ids + list(range(max(vocabulary.values()) + 1, config.get_text_config().vocab_size))


def greedy_ids(model, ids, positions, inputs, logits, count, banned):
    """One token at a time over the whole text, with positions that go on from the prompt's: `generate` of some versions
    has its own idea of them."""
    next_position = int(positions.max()) + 1

    def best(values):
        values = values.clone()
        values[banned] = -torch.inf
        return int(values.argmax())

    found = [best(logits[-1])]
    while len(found) < count:
        text = torch.cat([ids, torch.tensor([found])], dim=1)
        arguments = {"input_ids": text, "attention_mask": torch.ones_like(text)}
        if hasattr(model.model, "rope_deltas"):
            more = torch.arange(next_position, next_position + len(found)).expand(3, 1, -1)
            arguments |= {"position_ids": torch.cat([positions, more], dim=2), **inputs}
        found.append(best(model(**arguments).logits[0, -1]))
    return found


if __name__ == "__main__":
    main()
