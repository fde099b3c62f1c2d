#!/usr/bin/env python3
"""Writes the golden files of prompts: chat templates, placeholders, positions, sizes, patches, image files.

    python3 tests/golden/make_prompt_golden.py

See README.md for the versions. Output: prompt_golden.json, prompt_golden.safetensors and image_golden.json beside this
script.
"""

import base64
import io
import json
import math
import pathlib
import random

import numpy
import safetensors.torch
import torch
import transformers
from PIL import Image
from transformers.image_utils import load_image
from transformers.models.qwen2_vl.image_processing_qwen2_vl import smart_resize as image_smart_resize
from transformers.models.qwen3_vl.video_processing_qwen3_vl import smart_resize as clip_smart_resize
from transformers.video_utils import VideoMetadata

FOLDER = pathlib.Path(__file__).resolve().parent
TINY = FOLDER.parent.parent / "assets" / "tiny"
SEED = 20240602

# Templates that render as those of the published checkpoints do, without tools and numbered images.
VISION_PARTS = (
    "{% for part in message.content %}{% if part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}"
)
QWEN2_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message.role != 'system' %}<|im_start|>system\n"
    "You are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ message.role }}\n"
    + VISION_PARTS
    + "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
QWEN3_TEMPLATE = (
    "{%- if messages[0].role == 'system' %}{{- '<|im_start|>system\\n' }}{%- for part in messages[0].content %}"
    "{{- part.text }}{%- endfor %}{{- '<|im_end|>\\n' }}{%- endif %}"
    "{%- for message in messages %}{%- if message.role != 'system' %}{{- '<|im_start|>' + message.role + '\\n' }}"
    + VISION_PARTS
    + "{{- '<|im_end|>\\n' }}{%- endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)


# ----------------------------------------------------------------------------------------------------------------------
# The three families
# ----------------------------------------------------------------------------------------------------------------------


class Family:
    def __init__(self, name, patch_size):
        self.name = name
        self.patch_size = patch_size
        is_qwen3 = name == "qwen3_vl"
        tokenizer = transformers.AutoTokenizer.from_pretrained(TINY)
        norm = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3} if is_qwen3 else {}
        images = transformers.Qwen2VLImageProcessorFast(patch_size=patch_size, **norm)
        video_class = transformers.Qwen3VLVideoProcessor if is_qwen3 else transformers.Qwen2VLVideoProcessor
        processor_class = {
            "qwen2_vl": transformers.Qwen2VLProcessor,
            "qwen2_5_vl": transformers.Qwen2_5_VLProcessor,
            "qwen3_vl": transformers.Qwen3VLProcessor,
        }[name]
        template = QWEN3_TEMPLATE if is_qwen3 else QWEN2_TEMPLATE
        self.processor = processor_class(images, tokenizer, video_class(), chat_template=template)
        self.model = self._model(tokenizer)

    def _model(self, tokenizer):
        ids = {
            "image_token_id": tokenizer.convert_tokens_to_ids("<|image_pad|>"),
            "video_token_id": tokenizer.convert_tokens_to_ids("<|video_pad|>"),
            "vision_start_token_id": tokenizer.convert_tokens_to_ids("<|vision_start|>"),
            "vision_end_token_id": tokenizer.convert_tokens_to_ids("<|vision_end|>"),
        }
        text = {"vocab_size": 480, "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1}
        text |= {"num_attention_heads": 2, "num_key_value_heads": 2}
        if self.name == "qwen2_vl":
            vision = {"depth": 1, "embed_dim": 32, "hidden_size": 32, "num_heads": 2}
            config = transformers.Qwen2VLConfig(text_config=text, vision_config=vision, **ids)
            return transformers.Qwen2VLForConditionalGeneration(config).model
        vision = {"depth": 1, "hidden_size": 32, "intermediate_size": 32, "out_hidden_size": 32, "num_heads": 2}
        if self.name == "qwen2_5_vl":
            vision["tokens_per_second"] = TOKENS_PER_SECOND
            config = transformers.Qwen2_5_VLConfig(text_config=text, vision_config=vision, **ids)
            return transformers.Qwen2_5_VLForConditionalGeneration(config).model
        vision["deepstack_visual_indexes"] = [0]
        config = transformers.Qwen3VLConfig(text_config=text | {"head_dim": 16}, vision_config=vision, **ids)
        return transformers.Qwen3VLForConditionalGeneration(config).model


TOKENS_PER_SECOND = 2


def image(cell_rows, cell_columns):
    return {"kind": "image", "rows": cell_rows, "columns": cell_columns}


def video(indices, fps, cell_rows, cell_columns, total=1000):
    sampled_fps = len(indices) / total * fps
    return {"kind": "video", "indices": indices, "fps": fps, "sampled_fps": sampled_fps, "total": total,
            "rows": cell_rows, "columns": cell_columns}


# Chats: roles with parts; a part is a text or an image or video. Rows and columns count merged cells.
CHATS = [
    [("user", ["Which turns lead back?"])],
    [("system", ["Answer briefly."]), ("user", ["left or right?\nA. left\nB. right"])],
    [("user", [image(2, 3), "What is this?"])],
    [("user", [video([0, 40, 80, 120], 29.97, 2, 2), "Name the heading."])],
    [("user", ["Look: ", image(1, 2), " and ", video([0, 499, 999], 25.0, 1, 3), " and ", image(3, 1), "."])],
    [("user", [video([3, 9], 30.0, 1, 1), video(list(range(0, 1000, 125)), 12.5, 2, 1), "Same place?"])],
    [("system", ["Be exact."]), ("user", [image(1, 1), image(2, 2), "First?"]), ("assistant", ["The lamp."]),
     ("user", ["And then ", video([10, 20, 30, 40, 50, 60], 10.0, 2, 2, total=61), "?"]), ("assistant", ["Left."]),
     ("user", ["Back?"])],
    [("user", [""])],
    [("user", [video(list(range(0, 60, 4)), 23.976, 1, 2, total=60), image(4, 4)])],
    [("user", [video(list(range(0, 1000, 62)), 60.0, 1, 2), "<0.5 seconds> is text, <| too, e\u0301"])],
]


def pixels(item, patch_size):
    side = 2 * patch_size
    frames = len(item.get("indices", [0]))
    array = numpy.zeros((frames, 3, item["rows"] * side, item["columns"] * side), dtype=numpy.uint8)
    return torch.from_numpy(array if item["kind"] == "video" else array[0])


def processed(family, chat, add_generation_prompt):
    messages = []
    items = []
    for role, parts in chat:
        content = []
        for part in parts:
            if isinstance(part, str):
                content.append({"type": "text", "text": part})
            else:
                content.append({"type": part["kind"]})
                items.append(part)
        messages.append({"role": role, "content": content})
    text = family.processor.apply_chat_template(
        messages, add_generation_prompt=add_generation_prompt, tokenize=False)
    arguments = {"text": [text], "do_resize": False, "return_tensors": "pt"}
    images = [pixels(item, family.patch_size) for item in items if item["kind"] == "image"]
    videos = [pixels(item, family.patch_size) for item in items if item["kind"] == "video"]
    if images:
        arguments["images"] = images
    if videos:
        arguments |= {"videos": videos, "do_sample_frames": False}
        arguments["video_metadata"] = [
            VideoMetadata(total_num_frames=item["total"], fps=item["fps"], frames_indices=list(item["indices"]))
            for item in items if item["kind"] == "video"]
    return messages, items, text, family.processor(**arguments)


def qwen25_positions(ids, items, grids, model):
    """Positions of Qwen2.5-VL as its authors' training code has them: (pair * seconds * tokens per second).long() in
    float32. transformers 5.2 first cuts the seconds to a whole number, see README.md."""
    config = model.config
    blocks = []
    start = 0
    place = 0
    pads = (config.image_token_id, config.video_token_id)
    pending = list(zip(items, grids))
    while place < len(ids):
        if ids[place] not in pads:
            blocks.append(torch.full((3, 1), start))
            start += 1
            place += 1
            continue
        item, (t, h, w) = pending.pop(0)
        rows, columns = h // 2, w // 2
        seconds = 2 / item["sampled_fps"] if item["kind"] == "video" else 0
        times = (torch.arange(t) * seconds * TOKENS_PER_SECOND).long()
        time = times.view(-1, 1, 1).expand(t, rows, columns)
        height = torch.arange(rows).view(1, -1, 1).expand(t, rows, columns)
        width = torch.arange(columns).view(1, 1, -1).expand(t, rows, columns)
        block = torch.stack([time, height, width]).reshape(3, -1) + start
        blocks.append(block)
        start = int(block.max()) + 1
        place += t * rows * columns
    assert not pending
    return torch.cat(blocks, dim=1)


def positions(family, items, output, grids):
    ids = output["input_ids"]
    arguments = {name: output.get(name) for name in ("image_grid_thw", "video_grid_thw")}
    if family.name == "qwen2_5_vl":
        arguments["second_per_grid_ts"] = output.get("second_per_grid_ts")
    reference, _ = family.model.get_rope_index(ids, attention_mask=torch.ones_like(ids), **arguments)
    reference = reference[:, 0]
    if family.name != "qwen2_5_vl":
        return reference
    exact = qwen25_positions(ids[0].tolist(), items, grids, family.model)
    seconds = [2 / item["sampled_fps"] for item in items if item["kind"] == "video"]
    if all(value == int(value) for value in seconds):
        assert torch.equal(exact, reference)
    if len(seconds) == 1:
        # The same without the cut, through transformers: the factor goes into tokens_per_second.
        vision = family.model.config.vision_config
        vision.tokens_per_second = TOKENS_PER_SECOND * seconds[0]
        uncut, _ = family.model.get_rope_index(
            ids, attention_mask=torch.ones_like(ids), **(arguments | {"second_per_grid_ts": [1.0]}))
        vision.tokens_per_second = TOKENS_PER_SECOND
        assert torch.equal(exact, uncut[:, 0])
    return exact


def chat_case(family, chat, add_generation_prompt=True):
    messages, items, text, output = processed(family, chat, add_generation_prompt)
    images = output["image_grid_thw"].tolist() if "image_grid_thw" in output else []
    videos = output["video_grid_thw"].tolist() if "video_grid_thw" in output else []
    grids = [images.pop(0) if item["kind"] == "image" else videos.pop(0) for item in items]
    found = positions(family, items, output, grids)
    kept = ("kind", "indices", "fps", "sampled_fps")
    return {
        "messages": messages,
        "items": [{key: item[key] for key in kept if key in item} | {"grid": grid}
                  for item, grid in zip(items, grids)],
        "add_generation_prompt": add_generation_prompt,
        "rendered": text,
        "ids": output["input_ids"][0].tolist(),
        "positions": found.tolist(),
        "next": int(found.max()) + 1,
    }


def chat_cases():
    cases = {}
    for name, patch_size in (("qwen2_vl", 14), ("qwen2_5_vl", 14), ("qwen3_vl", 16)):
        family = Family(name, patch_size)
        cases[name] = [chat_case(family, chat) for chat in CHATS]
        cases[name].append(chat_case(family, CHATS[6], add_generation_prompt=False))
        seconds = 5.0 / 3
        timed = video(list(range(0, 24, 2)), 2 / seconds * 2, 1, 1, total=24)
        cases[name].append(chat_case(family, [("user", ["Sparse: ", timed, "?"])]))
    return cases


# ----------------------------------------------------------------------------------------------------------------------
# Sizes
# ----------------------------------------------------------------------------------------------------------------------


def qwen_vl_utils_resize(num_frames, height, width, factor, min_pixels, max_pixels):
    """fetch_video of qwen-vl-utils 0.0.14, written from its description in Python for Python's rounding."""
    if max(height, width) / min(height, width) > 200:
        raise ValueError("ratio")
    share = 128000 * factor * factor * 0.9 / num_frames * 2
    most = min(max_pixels, max(min(768 * factor * factor, share), int(min_pixels * 1.05)))
    rows = max(factor, round(height / factor) * factor)
    columns = max(factor, round(width / factor) * factor)
    if rows * columns > most:
        beta = math.sqrt(height * width / most)
        rows = max(factor, math.floor(height / beta / factor) * factor)
        columns = max(factor, math.floor(width / beta / factor) * factor)
    elif rows * columns < min_pixels:
        beta = math.sqrt(min_pixels / (height * width))
        rows = math.ceil(height * beta / factor) * factor
        columns = math.ceil(width * beta / factor) * factor
    return rows, columns


def size_cases():
    generator = random.Random(SEED)
    rules = {
        "processor": lambda n, h, w, f, low, high: image_smart_resize(h, w, f, low, high),
        "clip_processor": lambda n, h, w, f, low, high: clip_smart_resize(n, h, w, 2, f, low, high),
        "qwen_vl_utils": qwen_vl_utils_resize,
    }
    limits = {
        "processor": [(28, 3136, 12845056), (28, 100352, 602112), (32, 65536, 16777216), (28, 4704, 4704)],
        "clip_processor": [(32, 4096, 25165824), (32, 131072, 786432), (32, 4096, 300000)],
        "qwen_vl_utils": [(28, 100352, 602112), (32, 131072, 786432), (28, 4704, 4704), (28, 100352, 150000)],
    }
    fixed = [(360, 640), (480, 640), (720, 1280), (1080, 1920), (10, 2000), (10, 2001), (1, 1), (14, 14), (42, 70),
             (13, 90), (2160, 3840), (28, 28), (32, 32), (31, 400), (4000, 21)]
    cases = []
    for name, rule in rules.items():
        for factor, low, high in limits[name]:
            shapes = fixed + [(generator.randint(8, 3000), generator.randint(8, 3000)) for _ in range(15)]
            for height, width in shapes:
                frames = generator.choice([1, 2, 3, 7, 8, 16, 301, 768])
                try:
                    result = list(rule(frames, height, width, factor, low, high))
                except ValueError:
                    result = None
                cases.append([name, frames, height, width, factor, low, high, result])
    return cases


# ----------------------------------------------------------------------------------------------------------------------
# Patches
# ----------------------------------------------------------------------------------------------------------------------


def patch_tensors():
    generator = numpy.random.default_rng(SEED)
    clip = torch.from_numpy(generator.integers(0, 256, (3, 3, 32, 64), dtype=numpy.uint8))
    still = torch.from_numpy(generator.integers(0, 256, (3, 32, 32), dtype=numpy.uint8))
    qwen3 = Family("qwen3_vl", 16).processor
    videos = qwen3.video_processor(
        [clip], do_resize=False, do_sample_frames=False, return_tensors="pt")
    images = qwen3.image_processor([still], do_resize=False, return_tensors="pt")
    # From file to patches: a picture that must be resized.
    qwen2 = Family("qwen2_vl", 14).processor
    photo = load_image(Image.open(io.BytesIO(PHOTO)))
    resized = qwen2.image_processor([photo], min_pixels=3136, max_pixels=4000, return_tensors="pt")
    return {
        "qwen3.video.frames": clip,
        "qwen3.video.pixel_values": videos["pixel_values_videos"].contiguous(),
        "qwen3.video.grid_thw": videos["video_grid_thw"],
        "qwen3.image.frames": still[None],
        "qwen3.image.pixel_values": images["pixel_values"].contiguous(),
        "photo.pixel_values": resized["pixel_values"].contiguous(),
        "photo.grid_thw": resized["image_grid_thw"],
    }


# ----------------------------------------------------------------------------------------------------------------------
# Image files
# ----------------------------------------------------------------------------------------------------------------------


def picture(width, height, seed=0):
    """Smooth colours with some edges, so that filters and colour conversions all show."""
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    generator = numpy.random.default_rng(SEED + seed)
    channels = []
    for _ in range(3):
        a, b, c = generator.uniform(-0.5, 0.5, 3)
        wave = numpy.sin(a * x + b * y + 6 * c) * 90 + 128 + 60 * ((x // 5 + y // 3) % 2) * generator.uniform(-1, 1)
        channels.append(wave)
    return Image.fromarray(numpy.clip(numpy.stack(channels, -1), 0, 255).astype(numpy.uint8))


def encoded(image_, kind, **options):
    stream = io.BytesIO()
    image_.save(stream, kind, **options)
    return stream.getvalue()


def exif(orientation):
    data = Image.Exif()
    data[0x0112] = orientation
    return data.tobytes()


def alpha_mask(width, height):
    y, x = numpy.mgrid[0:height, 0:width]
    return Image.fromarray(((x * 11 + y * 7) % 256).astype(numpy.uint8))


def png_16_bit(mode):
    import zlib

    generator = numpy.random.default_rng(SEED + 5)
    channels = {"grey": 1, "rgb": 3, "rgba": 4}[mode]
    colour_type = {"grey": 0, "rgb": 2, "rgba": 6}[mode]
    values = generator.integers(0, 65536, (9, 12 * channels)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)

    def chunk(name, content):
        body = name + content
        return len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    header = (12).to_bytes(4, "big") + (9).to_bytes(4, "big") + bytes([16, colour_type, 0, 0, 0])
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) +
            chunk(b"IEND", b""))


PHOTO = encoded(picture(90, 67), "JPEG", quality=88)


def image_files():
    rgb = picture(23, 17)
    rgba = rgb.copy()
    rgba.putalpha(alpha_mask(*rgb.size))
    grey = rgb.convert("L")
    grey_alpha = grey.copy()
    grey_alpha.putalpha(alpha_mask(*rgb.size))
    palette = rgb.quantize(16)
    files = {
        "420.jpg": encoded(rgb, "JPEG", quality=85, subsampling=2),
        "422.jpg": encoded(rgb, "JPEG", quality=85, subsampling=1),
        "444.jpg": encoded(rgb, "JPEG", quality=85, subsampling=0),
        "even.jpg": encoded(picture(24, 18, 1), "JPEG", quality=60),
        "narrow.jpg": encoded(picture(3, 9, 2), "JPEG", quality=70),
        "one_pixel.jpg": encoded(picture(1, 1, 3), "JPEG"),
        "low_quality.jpg": encoded(rgb, "JPEG", quality=8),
        "progressive.jpg": encoded(rgb, "JPEG", quality=85, progressive=True),
        "grey.jpg": encoded(grey, "JPEG", quality=85),
        "photo.jpg": PHOTO,
        "rgb.png": encoded(rgb, "PNG"),
        "rgba.png": encoded(rgba, "PNG"),
        "grey.png": encoded(grey, "PNG"),
        "grey_alpha.png": encoded(grey_alpha, "PNG"),
        "palette.png": encoded(palette, "PNG"),
        "palette_transparent.png": encoded(palette, "PNG", transparency=3),
        "bits.png": encoded(grey.convert("1"), "PNG"),
        "palette_2_bit.png": encoded(rgb.quantize(4), "PNG", bits=2),
        "rgb_16_bit.png": png_16_bit("rgb"),
        "rgba_16_bit.png": png_16_bit("rgba"),
        "lossless.webp": encoded(rgb, "WEBP", lossless=True),
        "lossless_alpha.webp": encoded(rgba, "WEBP", lossless=True),
        "lossy.webp": encoded(rgb, "WEBP", quality=70),
        "lossy_even.webp": encoded(picture(24, 18, 1), "WEBP", quality=40),
        "lossy_alpha.webp": encoded(rgba, "WEBP", quality=70),
        "rgb.bmp": encoded(rgb, "BMP"),
        "palette.bmp": encoded(palette, "BMP"),
        "grey.bmp": encoded(grey, "BMP"),
        "palette.gif": encoded(palette, "GIF"),
        "animated.gif": encoded(palette, "GIF", save_all=True, append_images=[picture(23, 17, 4).quantize(16)]),
    }
    for orientation in range(1, 9):
        files[f"exif_{orientation}.jpg"] = encoded(picture(9, 6, 6), "JPEG", quality=90, exif=exif(orientation))
    files["exif_6.png"] = encoded(rgb, "PNG", exif=exif(6))
    files["exif_8.webp"] = encoded(rgb, "WEBP", lossless=True, exif=exif(8))
    cmyk = encoded(rgb.convert("CMYK"), "JPEG", quality=90)
    return files, {"cmyk.jpg": cmyk}


def as_qwen_vl_utils(image_):
    if image_.mode == "RGBA":
        white = Image.new("RGB", image_.size, (255, 255, 255))
        white.paste(image_, mask=image_.split()[3])
        return white
    return image_.convert("RGB")


def packed(image_):
    array = numpy.asarray(image_).transpose(2, 0, 1)
    return {"shape": list(array.shape), "rgb": base64.b64encode(array.tobytes()).decode()}


def image_cases():
    exact, close = image_files()
    cases = []
    for name, content in (exact | close).items():
        case = {"name": name, "file": base64.b64encode(content).decode(), "tolerance": 0 if name in exact else 2}
        case["transformers"] = packed(load_image(Image.open(io.BytesIO(content))))
        other = packed(as_qwen_vl_utils(Image.open(io.BytesIO(content))))
        if other != case["transformers"]:
            case["qwen_vl_utils"] = other
        cases.append(case)
    return cases


def write(name, content):
    (FOLDER / name).write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="ascii")


def main():
    torch.manual_seed(SEED)
    versions = {
        "script": "make_prompt_golden.py",
        "seed": SEED,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
        "pillow": Image.__version__,
    }
    write("prompt_golden.json", {"generator": versions, "chats": chat_cases(), "sizes": size_cases()})
    refused = [{"name": "grey_16_bit.png", "file": base64.b64encode(png_16_bit("grey")).decode()}]
    write("image_golden.json", {"generator": versions, "images": image_cases(), "refused": refused})
    metadata = {"made_with": f"transformers {transformers.__version__}, torch {torch.__version__}, seed {SEED}"}
    safetensors.torch.save_file(patch_tensors(), FOLDER / "prompt_golden.safetensors", metadata)
    (FOLDER / "prompt_golden.safetensors").chmod(0o644)


if __name__ == "__main__":
    main()
