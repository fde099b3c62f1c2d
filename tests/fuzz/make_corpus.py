#!/usr/bin/env python3
"""Writes the fuzzers' seed files, tests/fuzz/corpus/*/seed-*: small files that use much of each format.

    python3 tests/fuzz/make_corpus.py

Needs the program ffmpeg. Files with other names were found by a fuzzer and stay.
"""

import json
import pathlib
import struct
import subprocess
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
SOURCE = FOLDER.parent.parent


def write(target, name, content):
    folder = FOLDER / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(content if isinstance(content, bytes) else content.encode())


def safetensors(tensors, metadata=None):
    header, data = ({"__metadata__": metadata} if metadata else {}), b""
    for name, dtype, shape, values in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def write_safetensors():
    every = [("a.F32", "F32", [2, 2], bytes(16)), ("b.F16", "F16", [3], bytes(6)), ("c.BF16", "BF16", [1], bytes(2)),
             ("d.I64", "I64", [], bytes(8)), ("e.U8", "U8", [0], b""), ("f.BOOL", "BOOL", [2], b"\0\1"),
             ("g.F64", "F64", [1], bytes(8)), ("h.I32", "I32", [1, 1], bytes(4)), ("i.I8", "I8", [1], b"x"),
             ("j.I16", "I16", [1], bytes(2))]
    write("safetensors", "every-dtype", safetensors(every, {"format": "pt"}))
    write("safetensors", "nothing", safetensors([]))
    write("safetensors", "one", safetensors([("model.norm.weight", "BF16", [8], bytes(16))]))
    write("safetensors", "nan", safetensors([("model.norm.weight", "F32", [1], b"\0\0\xc0\x7f")]))
    write("safetensors", "huge-shape", safetensors([("x", "F32", [1 << 31, 1 << 31], bytes(4))]))
    names = ["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"]
    index = {"metadata": {"total_size": 4}, "weight_map": {name: "a.safetensors" for name in names}}
    write("safetensors", "index", "I" + json.dumps(index))
    write("safetensors", "index-outside", 'I{"weight_map": {"model.norm.weight": "../a.safetensors"}}')
    write("safetensors", "index-missing", 'I{"weight_map": {"model.norm.weight": "b.safetensors"}}')


def byte_alphabet():
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return [chr(byte) for byte in plain] + [chr(0x100 + i) for i in range(256 - len(plain))]


def tokenizer(pattern, merges, added, **model):
    vocab = {letter: i for i, letter in enumerate(byte_alphabet())}
    for left, right in merges:
        vocab[left + right] = len(vocab)
    added = [{"id": len(vocab) + i, **token} for i, token in enumerate(added)]
    return {"added_tokens": added, "normalizer": {"type": "NFC"},
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False},
                {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}]},
            "decoder": {"type": "ByteLevel"}, "post_processor": {"type": "ByteLevel"},
            "model": {"type": "BPE", "vocab": vocab, "merges": [f"{a} {b}" for a, b in merges], **model}}


def write_tokenizers():
    qwen = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
            r"|\s+(?!\S)|\s+")
    merges = [("t", "h"), ("th", "e"), ("\u0120", "\u0120"), ("o", "x"), (".", "."), ("..", ".")]
    flags = [{"content": "<|im_start|>", "special": True, "normalized": False},
             {"content": "left", "single_word": True, "lstrip": True, "rstrip": True, "normalized": True},
             {"content": "e\u0301", "normalized": True}, {"content": "\n", "rstrip": True, "normalized": False}]
    write("tokenizer", "qwen", json.dumps(tokenizer(qwen, merges, flags)))
    other = tokenizer(r"\s+|\w+|[^\s\w]+", merges, flags[:1], ignore_merges=True)
    other["model"]["merges"] = [list(pair) for pair in merges]
    write("tokenizer", "other-pattern", json.dumps(other))
    write("tokenizer", "nested-quantifiers", json.dumps(tokenizer(r"(?:\w+)+x", [], [])))
    write("tokenizer", "no-vocab", json.dumps({**tokenizer(qwen, [], []), "model": {"type": "BPE"}}))
    write("tokenizer", "deep", "[" * 3000)
    write("tokenizer", "deep-value", '{"model":' + "[" * 1500 + "]" * 1500 + "}")


def write_datasets():
    record = {"problem": "Where? <video>", "solution": "<think>a</think> <answer>A</answer>", "video": "a.mp4",
              "original_question": "Where?", "original_answer": "A", "task": "route", "direction": "reverse"}
    lines = [record, {**record, "video": ""}, {**record, "task": "direction"}]
    write("dataset", "three", "\n".join(map(json.dumps, lines)) + "\n")
    write("dataset", "crlf", "\r\n".join(map(json.dumps, lines)))
    write("dataset", "wrong-type", json.dumps({**record, "problem": 3}))
    write("dataset", "unknown-task", json.dumps({**record, "task": "cook"}))
    write("dataset", "invalid-utf8", json.dumps(record).encode().replace(b"Where", b"Wh\xff\xfe"))
    write("dataset", "deep", '{"problem": ' + "[" * 3000)
    write("dataset", "lists", json.dumps({**record, "video": ["a.mp4", "a.mp4"], "image": ["a.mp4"]}))


def write_recipes():
    for file in sorted((SOURCE / "recipes").glob("*.yaml")):
        write("recipe", file.stem, file.read_text())
    write("recipe", "override", "--set grpo.steps=3\n--set sft.lr.peak=1e-4\nmodel: {path: x}\n")
    write("recipe", "anchors", "a: &a [1, 2]\nb: *a\nmodel:\n  <<: {path: x}\n")
    write("recipe", "block", "model:\n  path: |\n    x\n    y\nrewards:\n- name: format\n  weight: .5\n")
    write("recipe", "deep", "a: " + "[" * 2000)
    write("recipe", "two-documents", "model: {path: x}\n---\nmodel: {path: y}\n")


def write_videos():
    kinds = {
        "h264.mp4": ["-c:v", "libx264", "-g", "3", "-bf", "2"],
        "h264.mkv": ["-c:v", "libx264", "-g", "3"],
        "h265.mov": ["-c:v", "libx265", "-x265-params", "log-level=none:keyint=3", "-tag:v", "hvc1"],
        "vp9.webm": ["-c:v", "libvpx-vp9", "-g", "3"],
        "mpeg4.avi": ["-c:v", "mpeg4", "-g", "3"],
        "av1.mp4": ["-c:v", "libaom-av1", "-cpu-used", "8", "-g", "3"],
        "vfr.mp4": ["-c:v", "libx264", "-vf", "setpts='if(gt(N,2),N*2,N)/25/TB'", "-fps_mode", "vfr"],
        "ten-bit.mp4": ["-c:v", "libx264", "-pix_fmt", "yuv420p10le"],
    }
    with tempfile.TemporaryDirectory() as scratch:
        for name, options in kinds.items():
            file = pathlib.Path(scratch) / name
            subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=32x32:rate=25",
                            "-frames:v", "6", "-threads", "1", *options, "-fflags", "+bitexact", "-flags:v", "+bitexact",
                            str(file)], check=True)
            content = file.read_bytes()
            write("video", name, content)
            if name == "h264.mp4":
                write("video", "cut-off.mp4", content[: len(content) * 2 // 3])
        write("video", "text", "no video at all\n")


def main():
    write_safetensors()
    write_tokenizers()
    write_datasets()
    write_recipes()
    write_videos()


if __name__ == "__main__":
    main()
