#!/usr/bin/env python3
"""Writes the files of the tiny Qwen2-VL model beside this script: tokenizer, configs, chat template.

    python3 assets/tiny/make_tokenizer.py

Needs the Python package `tokenizers` (0.22). The output is committed, so only whoever changes the vocabulary runs it.
Byte-pair training on a list of words until nothing is left to merge makes every listed word one token.
"""

import json
import pathlib

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

FOLDER = pathlib.Path(__file__).resolve().parent

# The pre-tokenizer pattern of the Qwen2 family.
SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

SPECIAL_TOKENS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
]

# Each becomes one token with and without a leading space.
WORDS = """
left right straight
pillar plant barrel lamp crate banner statue fountain
north east south west
A B C D yes no
""".split()

# What prompts and answers consist of; the pre-tokenizer's pieces of these become one token each.
SENTENCES = [
    "You are a helpful assistant.",
    "Which turns lead to the destination?\nOptions:\n",
    "Which turns lead back to the start?\nOptions:\n",
    "Which landmarks are passed on the way to the destination?\nOptions:\n",
    "Which landmarks are passed on the way back to the start?\nOptions:\n",
    "Instructions: Choose one option.",
    "On the way back:",
    "On the way there:",
    "So on the way there:",
    "So on the way back:",
    "Name the heading at every moment.",
    "List each landmark and the turn taken there.",
    "The turns are:",
    "The landmarks are:",
    "Which option says the same?",
    "Which way is it back?",
    "system\n",
    "user\n",
    "assistant\n",
]

# Pieces of the answer's tags. "<think" and ">A" stay two tokens, so that tags and letters keep one meaning each.
PIECES = ["think", "answer", "</", "></", " <", "\n\n", ".\n", ".\n\n", ",", ":", "?"]

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if loop.first and message.role != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "{% endif %}"
    "<|im_start|>{{ message.role }}\n"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content %}"
    "{% if part.type == 'video' %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif part.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part.type == 'text' %}{{ part.text }}{% endif %}"
    "{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def split_step():
    return pre_tokenizers.Split(Regex(SPLIT_PATTERN), behavior="isolated", invert=False)


def training_pieces():
    pieces = dict.fromkeys(WORDS + [" " + word for word in WORDS] + PIECES)
    for sentence in SENTENCES:
        for piece, _ in split_step().pre_tokenize_str(sentence):
            pieces[piece] = None
    return list(pieces)


def make_tokenizer():
    pieces = training_pieces()
    tokenizer = Tokenizer(models.BPE())
    # One piece is one word while training: no split, so that nothing else gets a token.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=100_000,
        min_frequency=0,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(pieces, trainer)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split_step(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.post_processor = processors.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.add_special_tokens(SPECIAL_TOKENS)
    for piece in pieces:
        assert len(tokenizer.encode(piece).ids) == 1, f"{piece!r} is not one token"
    return tokenizer


def model_config(ids, num_tokens):
    return {
        "architectures": ["Qwen2VLForConditionalGeneration"],
        "model_type": "qwen2_vl",
        "attention_dropout": 0.0,
        "bos_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|im_end|>"],
        "pad_token_id": ids["<|endoftext|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "vision_token_id": ids["<|vision_pad|>"],
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "hidden_act": "silu",
        "hidden_size": 192,
        "initializer_range": 0.02,
        "intermediate_size": 576,
        "max_position_embeddings": 4096,
        "max_window_layers": 4,
        "num_attention_heads": 6,
        "num_hidden_layers": 4,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "rope_scaling": {"type": "mrope", "mrope_section": [4, 6, 6]},
        "sliding_window": 4096,
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "use_cache": True,
        "use_sliding_window": False,
        "vision_config": {
            "depth": 3,
            "embed_dim": 128,
            "hidden_act": "quick_gelu",
            "hidden_size": 192,
            "in_channels": 3,
            "in_chans": 3,
            "mlp_ratio": 4,
            "num_heads": 4,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "spatial_patch_size": 14,
            "temporal_patch_size": 2,
        },
        # Rows beyond the last token are padding, as in the family's released models.
        "vocab_size": (num_tokens + 15) // 16 * 16,
    }


def preprocessor_config():
    return {
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "Qwen2VLImageProcessor",
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "max_pixels": 12845056,
        "merge_size": 2,
        "min_pixels": 3136,
        "patch_size": 14,
        "processor_class": "Qwen2VLProcessor",
        "resample": 3,
        "rescale_factor": 1 / 255,
        "temporal_patch_size": 2,
    }


def video_preprocessor_config():
    config = preprocessor_config()
    del config["image_processor_type"]
    config["video_processor_type"] = "Qwen2VLVideoProcessor"
    return config


def tokenizer_config(ids):
    def added(token):
        flags = dict.fromkeys(("lstrip", "normalized", "rstrip", "single_word"), False)
        return {"content": token, "special": True, **flags}

    return {
        "add_prefix_space": False,
        "added_tokens_decoder": {str(ids[token]): added(token) for token in SPECIAL_TOKENS},
        "additional_special_tokens": SPECIAL_TOKENS[1:],
        "bos_token": None,
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": 4096,
        "pad_token": "<|endoftext|>",
        "padding_side": "left",
        "processor_class": "Qwen2VLProcessor",
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }


def write(name, value):
    (FOLDER / name).write_text(json.dumps(value, indent=2) + "\n", encoding="ascii")


def main():
    tokenizer = make_tokenizer()
    num_tokens = tokenizer.get_vocab_size(with_added_tokens=True)
    ids = {token: tokenizer.token_to_id(token) for token in SPECIAL_TOKENS}
    write("tokenizer.json", json.loads(tokenizer.to_str()))
    write("tokenizer_config.json", tokenizer_config(ids))
    write("config.json", model_config(ids, num_tokens))
    write("preprocessor_config.json", preprocessor_config())
    write("video_preprocessor_config.json", video_preprocessor_config())
    write("chat_template.json", {"chat_template": CHAT_TEMPLATE})
    stop_ids = [ids["<|im_end|>"], ids["<|endoftext|>"]]
    write(
        "generation_config.json",
        {
            "bos_token_id": ids["<|endoftext|>"],
            "do_sample": True,
            "eos_token_id": stop_ids,
            "pad_token_id": ids["<|endoftext|>"],
            "temperature": 1.0,
            "top_k": 0,
            "top_p": 1.0,
        },
    )
    print(f"{num_tokens} tokens, {len(training_pieces())} whole words")


if __name__ == "__main__":
    main()
