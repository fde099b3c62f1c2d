"""A run that was stopped goes on as if nothing had happened: same metrics, texts and weights, to the last digit."""

import json
import shutil
import signal
import unittest

import harness
from harness import DATA, Run

SFT_STEPS, GRPO_STEPS = 3, 4
LAST_STEP = SFT_STEPS + GRPO_STEPS
SECTIONS = {"sft": {"steps": SFT_STEPS}, "grpo": {"steps": GRPO_STEPS},
            "eval": {"data.files": f"[{DATA}/qa.jsonl]", "data.max_samples": 6, "every_steps": 2}}


def crash_after_checkpoint(run, step, folder):
    """A copy of a finished run as a crash leaves it whose last checkpoint is that of `step`: a metrics line more, another
    one cut in the middle, the rollouts of a step that was not finished, a checkpoint half written."""
    shutil.copytree(run.folder, folder, symlinks=True)
    crashed = Run(folder)
    for name in ("final", "summary.md", "report.html"):
        (folder / name).unlink(missing_ok=True)
    for later in range(step + 1, LAST_STEP + 1):
        shutil.rmtree(crashed.checkpoint(later))
    half = folder / "checkpoints" / f".step-{step + 1:06d}.tmp-12345"
    shutil.copytree(crashed.checkpoint(step), half)
    (half / "model.safetensors").unlink()
    lines = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    cut_at = sum(f'"step":{known},' in line for line in lines for known in range(step + 2))
    kept = lines[:cut_at] + ([lines[cut_at][:30]] if cut_at < len(lines) else [])
    (folder / "metrics.jsonl").write_text("".join(kept))
    for rollouts in (folder / "rollouts").iterdir():
        if int(rollouts.stem[5:]) > step - SFT_STEPS + 1:
            rollouts.unlink()
    return crashed


class Comparison(unittest.TestCase):
    def assert_same_run(self, resumed, unbroken):
        for resumed_line, unbroken_line in zip(resumed.metrics(), unbroken.metrics()):
            self.assertEqual(resumed_line, unbroken_line)
        self.assertEqual(len(resumed.metrics()), len(unbroken.metrics()))
        if (unbroken.folder / "rollouts").exists():
            self.assertEqual(resumed.rollout_files(), unbroken.rollout_files())
        last = max(unbroken.checkpoint_steps())
        for file in ("model.safetensors", "trainer_state/optimizer.safetensors", "trainer_state/state.json"):
            self.assertEqual((resumed.checkpoint(last) / file).read_bytes(),
                             (unbroken.checkpoint(last) / file).read_bytes(), file)
        self.assertEqual((resumed.folder / "final").resolve().name, (unbroken.folder / "final").resolve().name)


class ResumeFromEveryCheckpoint(Comparison):
    @classmethod
    def setUpClass(cls):
        cls.folder = harness.fresh_folder("resume")
        cls.unbroken = harness.train(cls.folder / "unbroken", **SECTIONS)

    def assert_resumes_from(self, step, unbroken, **sections):
        crashed = crash_after_checkpoint(unbroken, step, self.folder / f"{unbroken.folder.name}_{step}")
        harness.train(crashed.folder, resume="auto", **{**SECTIONS, **sections})
        self.assert_same_run(crashed, unbroken)
        self.assertEqual((crashed.folder / "summary.md").read_text(), (unbroken.folder / "summary.md").read_text())

    def test_before_the_first_step(self):
        self.assert_resumes_from(0, self.unbroken)

    def test_in_the_middle_of_sft(self):
        self.assert_resumes_from(2, self.unbroken)

    def test_at_the_border_of_sft_and_grpo(self):
        self.assert_resumes_from(SFT_STEPS, self.unbroken)

    def test_in_the_middle_of_grpo(self):
        self.assert_resumes_from(SFT_STEPS + 2, self.unbroken)

    def test_with_bfloat16_checkpoints(self):
        sections = {"checkpoint": {"dtype": "bfloat16"}}
        unbroken = harness.train(self.folder / "bfloat16", **SECTIONS, **sections)
        self.assertEqual(unbroken.metrics(), self.unbroken.metrics(), "the dtype on disk changed the training")
        stored = harness.read_tensors(unbroken.checkpoint(LAST_STEP) / "model.safetensors")
        self.assertEqual({dtype for dtype, _, _ in stored.values()}, {"BF16"})
        for step in (1, SFT_STEPS, SFT_STEPS + 1):
            self.assert_resumes_from(step, unbroken, **sections)

    def test_without_any_checkpoint_starts_anew(self):
        """Killed during the evaluation of the base model: its metrics are there, a checkpoint is not."""
        folder = self.folder / "no_checkpoint"
        crashed = crash_after_checkpoint(self.unbroken, 0, folder)
        shutil.rmtree(folder / "checkpoints")
        harness.train(folder, resume="auto", **SECTIONS)
        self.assert_same_run(crashed, self.unbroken)

    def test_of_a_finished_run_changes_nothing(self):
        folder = self.folder / "finished"
        shutil.copytree(self.unbroken.folder, folder, symlinks=True)
        before = Run(folder).metrics()
        harness.train(folder, resume="auto", **SECTIONS)
        self.assertEqual(Run(folder).metrics(), before)
        self.assertEqual(Run(folder).checkpoint_steps(), self.unbroken.checkpoint_steps())

    def test_in_another_run_folder(self):
        """From a checkpoint given by name. The new folder can be resumed by itself: it has the KL reference."""
        step = SFT_STEPS + 1
        moved = harness.train(self.folder / "moved", resume=f"{self.unbroken.checkpoint(step)}/", **SECTIONS)
        self.assertEqual(moved.metrics(), [line for line in self.unbroken.metrics() if line["step"] > step])
        self.assertEqual(moved.checkpoint_steps(), [SFT_STEPS, *range(step + 1, LAST_STEP + 1)])
        shutil.rmtree(moved.checkpoint(LAST_STEP))
        expected = moved.metrics()
        harness.train(moved.folder, resume="auto", **SECTIONS)
        self.assertEqual(moved.metrics(), expected)

    def test_pruning_keeps_the_kl_reference(self):
        pruned = harness.train(self.folder / "pruned", **SECTIONS, checkpoint={"keep_last": 2})
        self.assertEqual(pruned.checkpoint_steps(), [SFT_STEPS, LAST_STEP - 1, LAST_STEP])
        self.assertEqual(pruned.metrics(), self.unbroken.metrics())


class Signals(Comparison):
    """Runs far too long to end by themselves, stopped from outside. The learning rate is constant, so the first steps of
    a run do not depend on its length, and the comparison run can be as long as the stopped one got."""

    def assert_goes_on(self, stopped, ranks, last_step, **sections):
        resumed = harness.train(stopped.folder, ranks, resume="auto", **sections)
        unbroken = harness.train(stopped.folder.parent / f"{stopped.folder.name}_unbroken", ranks, **sections)
        self.assertEqual(resumed.last_step(), last_step)
        self.assert_same_run(resumed, unbroken)

    def test_killed_rank(self):
        """kill -9 on one rank of two: the other one ends too, and the run goes on from its last checkpoint."""
        folder = harness.fresh_folder("killed")
        background = harness.Background(folder / "run", ranks=2, grpo={"steps": 100000})
        background.wait_for_step(5)
        background.signal(signal.SIGKILL, ranks=[1])
        code, _ = background.wait()
        self.assertNotEqual(code, 0)
        last_step = max(background.run.checkpoint_steps()) + 2
        self.assert_goes_on(background.run, 2, last_step, grpo={"steps": last_step - 2})

    def test_rank_that_hangs(self):
        """The other rank waits for its gradient no longer than the deadline, says so, and ends both."""
        folder = harness.fresh_folder("hanging")
        background = harness.Background(folder / "run", ranks=2, grpo={"steps": 100000},
                                        distributed={"deadline_seconds": 10})
        background.wait_for_step(3)
        background.signal(signal.SIGSTOP, ranks=[1])
        code, output = background.wait()
        self.assertEqual(code, 4, output)
        self.assertRegex(output, r"error +rank 0/2: .*10(\.0)? s")

    def test_terminated_in_sft(self):
        folder = harness.fresh_folder("terminated")
        background = harness.Background(folder / "run", sft={"steps": 100000}, checkpoint={"every_steps": 0})
        background.wait_for_step(2)
        background.signal(signal.SIGTERM)
        code, output = background.wait()
        self.assertEqual(code, 143, output)
        self.assertIn("--resume auto", output)
        stopped_at = background.run.last_step()
        self.assertEqual(background.run.checkpoint_steps(), [0, stopped_at], "the last step's checkpoint is missing")
        self.assert_goes_on(background.run, 1, stopped_at + 2, checkpoint={"every_steps": 0},
                            sft={"steps": stopped_at + 1}, grpo={"steps": 1})

    def test_terminated_in_grpo_on_two_ranks(self):
        """The signal reaches one rank only; all ranks stop after the same step."""
        folder = harness.fresh_folder("terminated_in_grpo")
        background = harness.Background(folder / "run", ranks=2, grpo={"steps": 100000}, checkpoint={"every_steps": 0})
        background.wait_for_step(4)
        background.signal(signal.SIGTERM, ranks=[1])
        code, output = background.wait()
        self.assertEqual(code, 143, output)
        stopped_at = background.run.last_step()
        self.assertEqual(background.run.checkpoint_steps(), [0, 2, stopped_at])
        self.assert_goes_on(background.run, 2, stopped_at + 1, checkpoint={"every_steps": 0},
                            grpo={"steps": stopped_at - 1})


class BrokenVideo(Comparison):
    """A video that cannot be read ends the run on all ranks, but costs no finished step."""

    SECTIONS = {"sft": {"steps": 2, "data.max_samples": 8}, "grpo": {"steps": 0}, "checkpoint": {"every_steps": 0}}

    def sections(self, data):
        return {**self.SECTIONS, "sft": {**self.SECTIONS["sft"], "data.files": f"[{data}/short.jsonl]"}}

    def break_a_video_of_step_2(self, data):
        """Two steps of four samples use each of the eight once: tries until a broken one lies in the second step."""
        for number, line in enumerate((data / "short.jsonl").read_text().splitlines()[:8]):
            video = data / json.loads(line)["video"]
            whole = video.read_bytes()
            video.write_bytes(whole[:100])
            run_dir = data.parent / f"run_{number}"
            result = harness.run_train(harness.train_arguments(run_dir, self.sections(data)), ranks=2)
            self.assertEqual(result.rank_codes, [3, 3], result.output)
            self.assertIn(video.name, result.output)
            video.write_bytes(whole)
            if 1 in Run(run_dir).checkpoint_steps():
                return Run(run_dir), result
        self.fail("every broken video was met in the first step")

    def test_is_mended_and_the_run_goes_on(self):
        folder = harness.fresh_folder("broken_video")
        data = folder / "data"
        shutil.copytree(DATA, data)
        stopped, result = self.break_a_video_of_step_2(data)
        self.assertEqual(stopped.checkpoint_steps(), [0, 1])
        self.assertIn("step 1 is saved", result.output)
        resumed = harness.train(stopped.folder, 2, resume="auto", **self.sections(data))
        self.assert_same_run(resumed, harness.train(folder / "unbroken", 2, **self.sections(data)))

    def test_of_the_last_evaluation_is_made_up_for(self):
        """It breaks after the base model was evaluated: the steps since are kept, and resuming evaluates again."""
        folder = harness.fresh_folder("broken_evaluation")
        sample = json.loads((DATA / "qa.jsonl").read_text().splitlines()[0])
        video = folder / "asked.mp4"
        shutil.copy(DATA / sample["video"], video)
        questions = folder / "asked.jsonl"
        questions.write_text(json.dumps({**sample, "video": str(video)}) + "\n")
        sections = {"sft": {"steps": 20}, "grpo": {"steps": 0}, "checkpoint": {"every_steps": 0},
                    "video": {"cache_mb": 0}, "eval": {"data.files": f"[{questions}]"}}
        unbroken = harness.train(folder / "unbroken", **sections)
        stopped = harness.Background(folder / "run", **sections)
        stopped.wait_for_step(1)
        whole = video.read_bytes()
        video.write_bytes(whole[:100])
        code, output = stopped.wait()
        self.assertEqual(code, 3, output)
        self.assertIn(video.name, output)
        self.assertEqual(stopped.run.checkpoint_steps(), [0, 20], output)
        video.write_bytes(whole)
        resumed = harness.train(folder / "run", resume="auto", **sections)
        self.assertEqual(resumed.metrics(), unbroken.metrics())
        self.assertEqual((resumed.folder / "summary.md").read_bytes(), (unbroken.folder / "summary.md").read_bytes())


if __name__ == "__main__":
    unittest.main()
