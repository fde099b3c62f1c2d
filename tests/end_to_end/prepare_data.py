"""Makes what the end-to-end tests share: clips with questions, their black twins, and a small model that answers.

The model starts from random weights and learns on the first questions to answer in the right form; the letter stays
a guess. So its groups have right and wrong completions, and GRPO has something to learn from.
"""

import json
import shutil
import subprocess

import harness
from harness import BIN, DATA, MODEL, SCRATCH, SOURCE

NUM_CLIPS = 24
BASE_STEPS = 60


def render_clips():
    """qa.jsonl: the four questions of every clip. Kept from an earlier run if the options are the same."""
    subprocess.run([BIN / "egoworld", "--out", DATA, "--clips", str(NUM_CLIPS), "--seed", "5", "--theme", "indoor",
                    "--jobs", "1", "--overwrite"], check=True, stdout=subprocess.DEVNULL)


def write_short_questions():
    """short.jsonl: one question a clip, so a clip is met once an epoch; the demonstration is the bare answer."""
    records = [json.loads(line) for line in (DATA / "qa.jsonl").read_text().splitlines()]
    by_clip = {}
    for record in records:
        by_clip.setdefault(record["video"], []).append(record)
    with (DATA / "short.jsonl").open("w") as file:
        for clip_index, questions in enumerate(by_clip.values()):
            record = questions[clip_index % len(questions)]
            record["solution"] = f"<think></think> <answer>{record['original_answer']}</answer>"
            file.write(json.dumps(record) + "\n")


def write_black_twins():
    """black/: the same questions about videos of the same length and size that show nothing."""
    black = DATA / "black"
    shutil.rmtree(black, ignore_errors=True)
    (black / "videos").mkdir(parents=True)
    shutil.copy(DATA / "short.jsonl", black / "short.jsonl")
    for video in sorted((DATA / "videos").glob("*.mp4")):
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", video, "-vf",
                        "drawbox=x=0:y=0:w=iw:h=ih:color=black:t=fill", "-threads", "1", black / "videos" / video.name],
                       check=True)


def write_small_config(folder):
    """assets/tiny with a tenth of its parameters."""
    shutil.copytree(SOURCE / "assets" / "tiny", folder, ignore=shutil.ignore_patterns("*.safetensors", "*.py", "*.md"))
    config = json.loads((folder / "config.json").read_text())
    config.update(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
                  num_key_value_heads=2, max_window_layers=2)
    config["rope_scaling"]["mrope_section"] = [2, 3, 3]
    config["vision_config"].update(depth=1, embed_dim=32, num_heads=2, hidden_size=64)
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def train_base():
    work = harness.fresh_folder("base")
    write_small_config(work / "random")
    run = harness.train(work / "run", model={"path": work / "random", "random_init": "true"},
                        sft={"steps": BASE_STEPS, "prompts_per_step": 8, "lr.peak": 4e-3},
                        grpo={"steps": 0}, checkpoint={"every_steps": 0})
    shutil.rmtree(MODEL, ignore_errors=True)
    shutil.copytree(run.checkpoint(BASE_STEPS), MODEL, ignore=shutil.ignore_patterns("trainer_state"))


if __name__ == "__main__":
    SCRATCH.mkdir(parents=True, exist_ok=True)
    render_clips()
    write_short_questions()
    write_black_twins()
    train_base()
