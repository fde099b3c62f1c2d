#!/usr/bin/env python3
"""Writes the golden files of the tokenizer, positions, the vision preprocessing and the checkpoint files.

    python3 tests/golden/make_text_golden.py

See README.md for the versions. Output: text_tokenizer.json, text_golden.json, text_golden.safetensors,
text_dtypes.safetensors and text_nested_config.json beside this script.
"""

import json
import pathlib
import random
import tempfile

import numpy
import safetensors.torch
import tokenizers
import torch
import transformers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = pathlib.Path(__file__).resolve().parent
TINY = FOLDER.parent.parent / "assets" / "tiny"
SEED = 20240601

SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|video_pad|>"]

# Short texts in several scripts, as escapes: English, German, Russian, Greek, Chinese, Japanese, Korean, Arabic,
# Hebrew, Hindi, Thai, Vietnamese, emoji.
CORPUS = [
    "the quick brown fox jumps over the lazy dog and turns left, then right, then straight ahead",
    "You're walking; we've seen it, I'll say it's there, they'd know, I'm sure, don't stop.",
    "for (int i = 0; i < 10; ++i) {\n    total += values[i] * 2;\n}\nreturn total;\n",
    "Gr\u00fc\u00dfe aus M\u00fcnchen, \u00fcber die Br\u00fccke und zur\u00fcck",
    "\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440, \u043f\u043e\u0432\u0435\u0440\u043d\u0438 \u043d\u0430\u043b\u0435\u0432\u043e",
    "\u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1 \u03ba\u03cc\u03c3\u03bc\u03b5",
    "\u4f60\u597d\u4e16\u754c\uff0c\u5411\u5de6\u8f6c\u3002\u5411\u53f3\u8f6c\u3002",
    "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c \u5de6\u306b\u66f2\u304c\u308b",
    "\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4 \uc67c\ucabd\uc73c\ub85c",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01",
    "Ti\u1ebfng Vi\u1ec7t r\u1ea5t \u0111\u1eb9p",
    "\U0001f600 \U0001f680\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f",
]

HAND_MADE = [
    "",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\n\n\n",
    " \n \n ",
    "\t\ttab",
    "a",
    " a",
    "  a",
    "a ",
    "a  ",
    "a \n b",
    "Hello, world!",
    "x=1;y=2",
    "1234567890",
    "3.14159 and 2,718",
    "\u0661\u0662\u0663",  # Arabic digits
    "\u00bd \u00b2 \u2167",  # number characters that are not decimal digits
    "I'LL DON'T He's he'S 'tis '\u017f",  # U+017F folds to s
    "it\u2019s",
    "e\u0301 \u00e9 E\u0301",
    "a\u0323\u0307 a\u0307\u0323 \u1e63\u0307 s\u0323\u0307",
    "q\u0307\u0323\u0301\u0323",
    "\u1100\u1161\u11a8 \uac00\u11a8 \u1100\u1161",  # Hangul jamo
    "\u212b \u2126 \u212a \u2000x \u037e",  # singletons: angstrom, ohm, kelvin, en quad, Greek question mark
    "\u0958 \u0915\u093c \u2adc \ufb1d",  # composition exclusions
    "\u0344 \u0f73 \u0f75 \u0f81",
    "\ufb01 \ufb00 \u2460",  # compatibility characters stay
    "\u0301leading mark",
    "\u0627\u0651\u064e \u0627\u064e\u0651",
    "\u00a0nbsp\u00a0\u00a0x",
    "\u3000\u3000wide",
    "\u180emongolian\u180e x",
    "a\u0085b\u0085\u0085 c",
    "a\u2028b\u2029c",
    "a\u200bb\u200cc\u200dd\ufeffe",
    "\x00nul\x01\x02\x1f\x7f",
    "\x0b\x0c\x1c\x1d\x1e x",
    "\r\rcr\rcr\n",
    "mixed\r\n\r\n  lines\n\t \nend",
    "<|im_start|>user\nhi<|im_end|>\n",
    "<|im_start|><|im_start|>",
    "x<|vision_start|><|video_pad|><|video_pad|><|vision_end|> y",
    "<|im_start|",
    "<|im_start|>|>",
    "<|im_<|im_end|>start|>",
    "<think>ok</think> <answer>B</answer>",
    "<tool>x</tool>",
    "<tool><tools><tool >",
    "caf\u00e9<tag\u00e9>cafe\u0301<tage\u0301>",
    "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7",
    "\U0001f44d\U0001f3fd\U0001f44d",
    "\U00020000\U0002a6d6 \U0001d400\U0001d7d8",
    "\uffff\ufffe\U0010ffff\ue000",
    "\ufffd",
    "a" * 200,
    " " * 100,
    " " * 50 + "x",
    "\n" * 40,
    "ab" * 100,
    "!" * 60,
    "!?!?  ...--- \n\n!!",
    "snake_case camelCase SCREAMING kebab-case path/to/file.txt",
    "https://example.org/a?b=c&d=e#f",
    '{"key": [1, 2.5, null], "text": "a\\nb"}',
    "A. left, straight, right\nB. right, straight, left\n",
]

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789",
    "      ",
    "\n\r\t",
    ".,;:!?'\"()[]{}<>|/\\-_+=*&^%$#@~`",
    "\u00e4\u00f6\u00fc\u00df\u00e9\u00e8\u00f1\u00e7",
    "\u0430\u0431\u0432\u0433\u0434\u0435\u0451\u0439",
    "\u4e2d\u6587\u5b57\u5de6\u53f3\u524d\u540e",
    "\u3042\u3044\u30ab\u30ac\uff76\uff9e",
    "\uac00\ub098\ub2e4\u1100\u1161\u11a8",
    "\u0300\u0301\u0308\u0323\u0327\u0338\u05b0\u064b\u3099",
    "\U0001f600\U0001f680\u200d\ufe0f\U0001f3fd",
    "\u00a0\u2003\u3000\u180e\u0085\u2028\u200b",
    "\u0928\u092e\u0938\u094d\u0924\u0947\u093c\u0958",
]


def make_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(SPLIT_PATTERN), behavior="isolated", invert=False)
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        min_frequency=0,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(SPECIAL_TOKENS)
    # Neither special nor alike: one looked for before normalisation, two after.
    tokenizer.add_tokens([AddedToken("<tool>", normalized=False), AddedToken("<tools>", normalized=False)])
    tokenizer.add_tokens([AddedToken("<tag\u00e9>", normalized=True), AddedToken("</tool>", normalized=True)])
    return tokenizer


def random_strings(count):
    generator = random.Random(SEED)
    words = " ".join(CORPUS).split(" ") + SPECIAL_TOKENS + ["<tool>", "</tool>"]
    for _ in range(count):
        parts = []
        for _ in range(generator.randint(1, 6)):
            if generator.random() < 0.35:
                parts.append(generator.choice(words))
            else:
                alphabet = generator.choice(ALPHABETS)
                parts.append("".join(generator.choice(alphabet) for _ in range(generator.randint(1, 6))))
        yield "".join(parts)


def tokenizer_cases(tokenizer):
    cases = []
    for text in HAND_MADE + list(random_strings(240)):
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        case = {"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)}
        plain = tokenizer.decode(ids, skip_special_tokens=True)
        if plain != case["decoded"]:
            case["decoded_plain"] = plain
        cases.append(case)
    return cases


def broken_decodes(tokenizer):
    """Ids that do not join to valid UTF-8."""
    generator = random.Random(SEED + 1)
    cases = []
    for _ in range(60):
        ids = [generator.randrange(tokenizer.get_vocab_size()) for _ in range(generator.randint(1, 8))]
        cases.append({"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
    return cases


def position_cases(config):
    """Layouts are lists of text lengths and (kind, t, h, w) vision blocks."""
    model = transformers.Qwen2VLForConditionalGeneration(config).model
    layouts = [
        [5],
        [3, ("video", 2, 4, 4), 4],
        [1, ("image", 1, 4, 6), 2],
        [2, ("video", 2, 8, 4), 3, ("video", 3, 4, 8), 1],
        [2, ("image", 1, 2, 2), 1, ("video", 2, 4, 6), 5, ("image", 1, 6, 4), 2],
        [4, ("video", 8, 4, 6), 6],  # time is the longest axis
        [2, ("video", 16, 2, 2), 1, ("video", 1, 2, 10), 3],
    ]
    cases = []
    for layout in layouts:
        ids, images, videos = [], [], []
        for block in layout:
            if isinstance(block, int):
                ids += [7] * block
                continue
            kind, t, h, w = block
            pad = config.video_token_id if kind == "video" else config.image_token_id
            (videos if kind == "video" else images).append([t, h, w])
            ids += [config.vision_start_token_id] + [pad] * (t * h * w // 4) + [config.vision_end_token_id]
        # The delta it also returns is cut off at zero in this version, so that generated text would start too late;
        # text appended to the prompt itself continues at the largest position plus one.
        positions, _ = model.get_rope_index(
            torch.tensor([ids]),
            image_grid_thw=torch.tensor(images) if images else None,
            video_grid_thw=torch.tensor(videos) if videos else None,
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        )
        grids = [list(block[1:]) for block in layout if not isinstance(block, int)]
        next_position = int(positions.max()) + 1
        cases.append({"ids": ids, "grids": grids, "positions": positions[:, 0].tolist(), "next": next_position})
    return cases


def patch_tensors(processor):
    generator = numpy.random.default_rng(SEED)
    video = generator.integers(0, 256, (3, 3, 28, 56), dtype=numpy.uint8)  # an odd number of frames
    image = generator.integers(0, 256, (3, 28, 28), dtype=numpy.uint8)
    video_out = processor.video_processor(
        [torch.from_numpy(video)], do_resize=False, do_sample_frames=False, return_tensors="pt"
    )
    image_out = processor.image_processor([torch.from_numpy(image)], do_resize=False, return_tensors="pt")
    return {
        "video.frames": torch.from_numpy(video),
        "video.pixel_values": video_out["pixel_values_videos"].contiguous(),
        "video.grid_thw": video_out["video_grid_thw"],
        "image.frames": torch.from_numpy(image)[None],
        "image.pixel_values": image_out["pixel_values"][:2].contiguous(),  # two of four rows, to stay small
        "image.grid_thw": image_out["image_grid_thw"],
    }


def dtype_tensors():
    values = torch.tensor([[-2.0, -0.5, 0.0], [1.0, 1.5, 96.0]])
    dtypes = {
        "f32": torch.float32,
        "f16": torch.float16,
        "bf16": torch.bfloat16,
        "f64": torch.float64,
        "i64": torch.int64,
        "i32": torch.int32,
        "i16": torch.int16,
        "i8": torch.int8,
        "bool": torch.bool,
    }
    tensors = {name: values.to(dtype) for name, dtype in dtypes.items()}
    tensors["u8"] = values.abs().to(torch.uint8)
    tensors["scalar"] = torch.tensor(3.25)
    tensors["empty"] = torch.zeros(2, 0, 3)
    return tensors


def parameter_names(config):
    state = transformers.Qwen2VLForConditionalGeneration(config).state_dict()
    return [[name, list(tensor.shape)] for name, tensor in state.items()]


def main():
    torch.manual_seed(SEED)
    tokenizer = make_tokenizer()
    (FOLDER / "text_tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str())) + "\n", encoding="ascii")
    processor = transformers.AutoProcessor.from_pretrained(TINY)
    config = transformers.AutoConfig.from_pretrained(TINY)
    golden = {
        "generator": {
            "script": "make_text_golden.py",
            "seed": SEED,
            "tokenizers": tokenizers.__version__,
            "transformers": transformers.__version__,
            "torch": torch.__version__,
        },
        "tokenizer": tokenizer_cases(tokenizer),
        "broken_decodes": broken_decodes(tokenizer),
        "positions": position_cases(config),
        "parameters": parameter_names(config),
    }
    (FOLDER / "text_golden.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n", encoding="ascii")
    # One entry: the library writes several in an order of its own.
    metadata = {"made_with": f"transformers {transformers.__version__}, torch {torch.__version__}, seed {SEED}"}
    safetensors.torch.save_file(patch_tensors(processor), FOLDER / "text_golden.safetensors", metadata)
    safetensors.torch.save_file(dtype_tensors(), FOLDER / "text_dtypes.safetensors", {"note": "x"})
    for name in ("text_golden.safetensors", "text_dtypes.safetensors"):
        (FOLDER / name).chmod(0o644)
    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        saved = pathlib.Path(folder, "config.json").read_text(encoding="ascii")
    (FOLDER / "text_nested_config.json").write_text(saved, encoding="ascii")


if __name__ == "__main__":
    main()
