#!/usr/bin/env python3
"""Writes resize_golden.json: checksums of what torchvision's two antialiased bicubic resizes give for many sizes.

    python3 tests/golden/make_resize_golden.py

The pictures come from formulas that tests/data/resize_golden_test.cc repeats, so that no pixel is stored. See README.md
for the versions. The float32 sums of ATen depend on its instruction set: make this file on a processor with AVX2.
"""

import json
import pathlib

import numpy
import torch
import torchvision
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as functional_v1
from torchvision.transforms.v2 import functional as functional_v2

# height, width -> height, width
SIZES = [
    # what videos are brought to
    ((360, 640), (280, 504)), ((480, 640), (336, 448)), ((720, 1280), (280, 504)), ((1080, 1920), (280, 504)),
    ((240, 320), (252, 336)), ((640, 360), (504, 280)),
    # odd sizes, both directions, one side up and the other down, one side kept
    ((90, 121), (28, 56)), ((31, 40), (56, 84)), ((20, 100), (56, 28)), ((100, 20), (28, 56)), ((97, 89), (96, 90)),
    ((33, 17), (33, 56)), ((33, 56), (84, 56)), ((61, 61), (60, 61)), ((16, 16), (17, 15)), ((255, 257), (83, 31)),
    # whole factors: weights that are exact ties
    ((64, 64), (32, 32)), ((64, 64), (128, 128)), ((63, 63), (21, 21)), ((48, 48), (16, 96)),
    # extreme ratios and single pixels
    ((1, 1), (28, 28)), ((1, 300), (28, 84)), ((300, 1), (84, 28)), ((1, 1), (1, 1)), ((2, 3), (1, 1)), ((1000, 7), (28, 28)),
    ((2000, 3), (7, 700)), ((3, 2000), (700, 7)), ((1500, 1500), (1, 1)), ((5, 5), (280, 3)), ((4, 4), (3, 400)),
]
PICTURES = ("noise", "edges", "waves")


def picture(kind, height, width):
    """[3, Y, X] uint8"""
    c, y, x = numpy.meshgrid(numpy.arange(3), numpy.arange(height), numpy.arange(width), indexing="ij")
    if kind == "edges":
        return ((x // 3 + y // 5 + c) % 2 * 255).astype(numpy.uint8)
    if kind == "waves":
        return ((x * (c + 1) + y * 2 + x * y // 64) % 256).astype(numpy.uint8)
    index = ((c * height + y) * width + x).astype(numpy.uint32)
    mixed = index * numpy.uint32(2654435761)
    mixed ^= mixed >> numpy.uint32(15)
    mixed *= numpy.uint32(2246822519)
    mixed ^= mixed >> numpy.uint32(13)
    return (mixed >> numpy.uint32(24)).astype(numpy.uint8)


def resize_v2(frame, target):
    # A result of 1 x 1 with three planes ends in an internal assertion of torch 2.11; one plane at a time is taken well.
    planes = [functional_v2.resize(frame[c : c + 1], list(target), InterpolationMode.BICUBIC, antialias=True) for c in range(3)]
    resized = torch.cat(planes)
    if target != (1, 1):
        whole = functional_v2.resize(frame, list(target), InterpolationMode.BICUBIC, antialias=True)
        assert torch.equal(whole, resized)
    return resized


def checksum(data):
    """A polynomial in an odd number modulo 2^64: every byte and its place count."""
    values = data.flatten().astype(numpy.uint64) + numpy.uint64(1)
    powers = numpy.full(values.shape, 6364136223846793005, dtype=numpy.uint64)
    powers[0] = 1
    return int((values * numpy.multiply.accumulate(powers)[::-1]).sum(dtype=numpy.uint64))


def case(kind, source, target):
    frame = torch.from_numpy(picture(kind, *source))
    resized = {
        "float32": functional_v1.resize(frame, list(target), InterpolationMode.BICUBIC, antialias=True),
        "uint8": resize_v2(frame, target),
    }
    record = {"picture": kind, "from": source, "to": target}
    for name, output in resized.items():
        assert output.dtype == torch.uint8 and tuple(output.shape) == (3, *target)
        record[name] = {"checksum": checksum(output.numpy()), "first": output.flatten()[:8].tolist()}
    difference = resized["float32"].int() - resized["uint8"].int()
    record["largest_difference"] = int(difference.abs().max())
    return record


def main():
    capability = torch.backends.cpu.get_cpu_capability()
    assert capability in ("AVX2", "AVX512"), capability
    cases = [case(kind, *sizes) for sizes in SIZES for kind in PICTURES]
    document = {
        "made_by": "tests/golden/make_resize_golden.py",
        "versions": {"torch": torch.__version__, "torchvision": torchvision.__version__, "cpu": capability},
        "cases": cases,
    }
    lines = ",\n".join(json.dumps(record) for record in cases)
    head = json.dumps({key: document[key] for key in ("made_by", "versions")})[1:-1]
    file = pathlib.Path(__file__).resolve().parent / "resize_golden.json"
    file.write_text("{" + head + ',\n"cases": [\n' + lines + "\n]}\n", encoding="ascii")
    print(f"{file}: {len(cases)} cases, largest difference between the two: {max(c['largest_difference'] for c in cases)}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
