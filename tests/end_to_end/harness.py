"""Runs the programs as a user does and reads back what they leave behind.

Needs the environment variables RETRACE_SOURCE (repository root), RETRACE_BIN (folder of the programs),
RETRACE_E2E (scratch folder with the data of prepare_data.py) and RETRACE_MPIEXEC.
"""

import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import time

SOURCE = pathlib.Path(os.environ["RETRACE_SOURCE"])
BIN = pathlib.Path(os.environ["RETRACE_BIN"])
SCRATCH = pathlib.Path(os.environ["RETRACE_E2E"])
DATA = SCRATCH / "data"
MODEL = SCRATCH / "model"

# Far above what a step, a start or an error takes; below it a hang cannot hide.
TIMEOUT_SECONDS = 240

RECIPE = f"""
run: {{seed: 3}}
model: {{path: {MODEL}}}
video: {{sampling: linspace_floor, num_frames: 4, min_pixels: 4704, max_pixels: 4704}}
sft:
  data: {{files: [{DATA}/short.jsonl]}}
  steps: 2
  prompts_per_step: 4
  lr: {{peak: 1.0e-3, decay: constant}}
rollout: {{max_new_tokens: 16, tile_rows: 8}}
reward:
  rewards:
    - {{name: letter, weight: 1.0}}
    - {{name: format, weight: 0.2}}
grpo:
  data: {{files: [{DATA}/short.jsonl]}}
  steps: 2
  prompts_per_step: 4
  group_size: 4
  lr: {{peak: 1.0e-3, decay: constant}}
  kl_coefficient: 0.05
checkpoint: {{every_steps: 1, keep_last: 0}}
distributed: {{deadline_seconds: 120}}
"""


def environment(**extra):
    """That of every program: containers run as root, test machines have fewer cores than ranks."""
    fixed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
             "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **fixed, **extra}


def fresh_folder(name):
    folder = SCRATCH / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


# ---------------------------------------------------------------------------------------------------------------------
# Running
# ---------------------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Result:
    code: int
    output: str  # stdout and stderr
    seconds: float
    rank_codes: list  # exit code of each rank; None where a rank was killed before it could leave

    def errors(self):
        """The texts of the error lines, with the rank that wrote each."""
        return re.findall(r"error +rank (\d+)/\d+: (.*)", self.output)


# Wrapped around the program of every rank: what a test wants to know of a rank beside its output.
LEAVE_EXIT_CODE = '"$@"; code=$?; echo $code >"$RANKS/${OMPI_COMM_WORLD_RANK:-0}"; exit $code'
LEAVE_PROCESS_ID = 'echo $$ >"$RANKS/${OMPI_COMM_WORLD_RANK:-0}"; exec "$@"'


def train_command(arguments, ranks, rank_script):
    program = ["sh", "-c", rank_script, "sh", str(BIN / "grpo_train"), *map(str, arguments)]
    if ranks == 1:
        return program
    return [os.environ["RETRACE_MPIEXEC"], "--oversubscribe", "--bind-to", "none", "-n", str(ranks), *program]


def run_train(arguments, ranks=1):
    folder = fresh_folder("ranks_left")
    start = time.monotonic()
    done = subprocess.run(train_command(arguments, ranks, LEAVE_EXIT_CODE), env=environment(RANKS=str(folder)),
                          text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT_SECONDS)
    codes = [folder / str(rank) for rank in range(ranks)]
    return Result(done.returncode, done.stdout, time.monotonic() - start,
                  [int(code.read_text()) if code.exists() else None for code in codes])


def write_recipe(folder, text=RECIPE):
    recipe = folder / "recipe.yaml"
    recipe.write_text(text)
    return recipe


def train_arguments(run_dir, sections):
    """The recipe of this page with {"grpo": {"steps": 3}} as --set grpo.steps=3."""
    run_dir.parent.mkdir(parents=True, exist_ok=True)
    overrides = [f"{section}.{key}={value}" for section, keys in sections.items() for key, value in keys.items()]
    return [write_recipe(run_dir.parent), "--run-dir", run_dir, *(word for o in overrides for word in ("--set", o))]


def train(run_dir, ranks=1, resume=None, **sections):
    """A run that must succeed. train(d, sft={"steps": 3}) overrides sft.steps."""
    result = run_train(train_arguments(run_dir, sections) + (["--resume", resume] if resume else []), ranks)
    if result.code != 0:
        raise AssertionError(f"grpo_train ended with {result.code}:\n{result.output}")
    return Run(run_dir)


class Background:
    """A run that goes on while the test looks at it, with the process ids of its ranks."""

    def __init__(self, run_dir, ranks=1, **sections):
        self.run = Run(run_dir)
        self._ranks_folder = fresh_folder("ranks_started")
        self._process = subprocess.Popen(
            train_command(train_arguments(run_dir, sections), ranks, LEAVE_PROCESS_ID),
            env=environment(RANKS=str(self._ranks_folder)), text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def wait_for_step(self, step):
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self.run.last_step() < step:
            if self._process.poll() is not None:
                raise AssertionError(f"ended early with {self._process.returncode}:\n{self._process.stdout.read()}")
            if time.monotonic() > deadline:
                self.signal(signal.SIGKILL)
                raise AssertionError(f"no step {step} within {TIMEOUT_SECONDS} s")
            time.sleep(0.01)

    def signal(self, number, ranks=None):
        for pid_file in sorted(self._ranks_folder.iterdir()):
            if ranks is None or int(pid_file.name) in ranks:
                os.kill(int(pid_file.read_text()), number)

    def wait(self):
        """Exit code and output."""
        try:
            output, _ = self._process.communicate(timeout=TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            self._process.kill()
            raise
        return self._process.returncode, output


# ---------------------------------------------------------------------------------------------------------------------
# Run folders
# ---------------------------------------------------------------------------------------------------------------------

class Run:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def metrics(self, stage=None):
        """The lines of metrics.jsonl without what depends on the machine, optionally of one stage only."""
        text = (self.folder / "metrics.jsonl").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        machine = ("time/", "perf/", "memory/")
        lines = [{key: value for key, value in line.items() if not key.startswith(machine)} for line in lines]
        return [line for line in lines if stage in (None, line["stage"])]

    def last_step(self):
        """Of the last whole line; -1 before there is one."""
        file = self.folder / "metrics.jsonl"
        text = file.read_text() if file.exists() else ""
        lines = text[:text.rfind("\n") + 1].splitlines()
        return json.loads(lines[-1])["step"] if lines else -1

    def rollouts(self, step):
        """The lines of the stage's step `step`, from 1."""
        text = (self.folder / "rollouts" / f"step-{step:06d}.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def rollout_files(self):
        return {file.name: file.read_bytes() for file in sorted((self.folder / "rollouts").iterdir())}

    def checkpoint(self, step):
        return self.folder / "checkpoints" / f"step-{step:06d}"

    def checkpoint_steps(self):
        return sorted(int(folder.name[5:]) for folder in (self.folder / "checkpoints").glob("step-*"))


# ---------------------------------------------------------------------------------------------------------------------
# safetensors: header length, JSON header, data
# ---------------------------------------------------------------------------------------------------------------------

def read_tensors(file):
    """name -> (dtype, shape, bytes)"""
    content = file.read_bytes()
    (header_size,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + header_size])
    data = content[8 + header_size:]
    header.pop("__metadata__", None)
    return {name: (entry["dtype"], entry["shape"], data[slice(*entry["data_offsets"])])
            for name, entry in header.items()}


def write_tensors(file, tensors):
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    file.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for _, _, data in tensors.values()))
