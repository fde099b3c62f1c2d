"""Writes sampler_golden.json: frame indices by the code that each sampling rule is named after.

usage: make_sampler_golden.py OUT   (needs torch, numpy, transformers 5.2.0, qwen-vl-utils 0.0.14)

Long lists of indices are kept as first, last, count, sum and a sum weighted by place: enough to catch one index that
differs by one.
"""

import importlib
import json
import random
import sys
import types

import numpy as np
import torch
from transformers.models.qwen2_vl.video_processing_qwen2_vl import Qwen2VLVideoProcessor
from transformers.models.qwen3_vl.video_processing_qwen3_vl import Qwen3VLVideoProcessor
from transformers.video_utils import VideoMetadata

for name in ("requests",):  # imported by qwen-vl-utils, not used here
    sys.modules.setdefault(name, types.ModuleType(name))
vision_process = importlib.import_module("qwen_vl_utils.vision_process")

CASES_OF_A_RULE = 90
RATES = [1.0, 8.0, 10.0, 12.5, 15.0, 24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 50.0, 60000 / 1001, 60.0, 120.0]


def qwen_fps(total, video_fps, options):
    n = vision_process.smart_nframes(options, total_frames=total, video_fps=video_fps)
    return torch.linspace(0, total - 1, n).round().long().tolist()


def qwen_nframes(total, video_fps, options):
    n = vision_process.smart_nframes({"nframes": options["num_frames"]}, total_frames=total, video_fps=video_fps)
    return torch.linspace(0, total - 1, n).round().long().tolist()


def numpy_floor(total, video_fps, options):
    return np.linspace(0, total - 1, options["num_frames"], dtype=int).tolist()


def internvl(total, video_fps, options):
    """get_index of InternVL's evaluation code, restated: it is published as a script, not as a package."""
    n = options["num_frames"]
    length = float(total - 1) / n
    return [int(length / 2 + np.round(length * i)) for i in range(n)]


def hf_qwen2(total, video_fps, options):
    processor = Qwen2VLVideoProcessor(min_frames=options["min_frames"], max_frames=options["max_frames"])
    metadata = VideoMetadata(total_num_frames=total, fps=video_fps)
    indices = processor.sample_frames(metadata, fps=options["fps"]).tolist()
    return [i for i in indices if i < total]  # float32 can add one that is no frame


def hf_qwen3(total, video_fps, options):
    processor = Qwen3VLVideoProcessor(min_frames=options["min_frames"], max_frames=options["max_frames"])
    return processor.sample_frames(VideoMetadata(total_num_frames=total, fps=video_fps), fps=options["fps"]).tolist()


RULES = {
    "fps": qwen_fps,
    "linspace_round": qwen_nframes,
    "linspace_floor": numpy_floor,
    "segment_midpoint": internvl,
    "hf_qwen2_vl": hf_qwen2,
    "hf_qwen3_vl": hf_qwen3,
}


def random_options(rule):
    if rule in ("linspace_round", "linspace_floor", "segment_midpoint"):
        return {"num_frames": random.choice([2, 3, 5, 7, 8, 9, 16, 32, 50, 64, 100, random.randint(2, 200)])}
    fewest = random.choice([2, 4, 4, 4, 5, 16])
    most = max(fewest, random.choice([6, 7, 16, 64, 768, 768, 768]))
    return {"fps": random.choice([0.25, 0.5, 1.0, 2.0, 2.0, 2.0, 3.0, 4.0]), "min_frames": fewest, "max_frames": most}


def random_total():
    return random.choice([random.randint(2, 40), random.randint(2, 1000), random.randint(2, 50000), random.randint(2, 700000)])


def summary(indices):
    short = {"indices": indices} if len(indices) <= 8 else {}
    weighted = sum((place + 1) * index for place, index in enumerate(indices))
    return {"count": len(indices), "first": indices[0], "last": indices[-1], "sum": sum(indices), "weighted": weighted, **short}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    random.seed(20)
    cases = []
    for rule, sample in RULES.items():
        made = 0
        while made < CASES_OF_A_RULE:
            total, video_fps, options = random_total(), random.choice(RATES), random_options(rule)
            try:
                indices = sample(total, video_fps, options)
            except (ValueError, ZeroDivisionError):
                indices = None  # too short a video for the rule
            if indices is None and random.random() < 0.8:
                continue
            case = {"rule": rule, "num_frames_of_video": total, "video_fps": video_fps, **options}
            cases.append(case | ({"too_short": True} if indices is None else summary(indices)))
            made += 1
    with open(sys.argv[1], "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
