"""Adapters through both stages: resuming, rank counts, the KL reference, what a run leaves and what can be made of it."""

import json
import shutil
import subprocess
import unittest

import harness
from harness import MODEL, Run

LORA = {"rank": 4, "alpha": 8, "dropout": 0.2}
SECTIONS = {"model": {f"lora.{key}": value for key, value in LORA.items()},
            "sft": {"steps": 2, "lr.peak": 0.01}, "grpo": {"steps": 2, "lr.peak": 0.01}}
LAST_STEP = 4


def adapters(run, step):
    return (run.checkpoint(step) / "adapter_model.safetensors").read_bytes()


class Lora(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = harness.fresh_folder("lora")
        cls.whole = harness.train(cls.folder / "one_rank", **SECTIONS)

    def test_every_step_moves_the_adapters(self):
        for step in range(LAST_STEP):
            self.assertNotEqual(adapters(self.whole, step), adapters(self.whole, step + 1), f"step {step + 1}")

    def test_reference_is_the_model_at_the_start_of_grpo(self):
        """The first step is then a comparison of two equal models, up to the rounding of another packing."""
        for name, sft_steps in (("after_sft", 2), ("grpo_only", 0)):
            sections = {**SECTIONS, "sft": {"steps": sft_steps, "lr.peak": 0.01}, "model": {"lora.rank": 4}}
            first, second = (line["kl/mean"] for line in harness.train(self.folder / name, **sections).metrics("grpo"))
            self.assertLess(abs(first), 1e-9, name)
            self.assertGreater(second, 1e-6, name)

    def test_resumes_to_the_last_digit(self):
        for step in (1, 2, 3):
            crashed = Run(self.folder / f"from_{step}")
            shutil.copytree(self.whole.folder, crashed.folder, symlinks=True)
            for later in range(step + 1, LAST_STEP + 1):
                shutil.rmtree(crashed.checkpoint(later))
            harness.train(crashed.folder, resume="auto", **SECTIONS)
            self.assertEqual(crashed.metrics(), self.whole.metrics(), f"from step {step}")
            self.assertEqual(crashed.rollout_files(), self.whole.rollout_files())
            for file in ("adapter_model.safetensors", "trainer_state/optimizer.safetensors",
                         "trainer_state/state.json"):
                self.assertEqual((crashed.checkpoint(LAST_STEP) / file).read_bytes(),
                                 (self.whole.checkpoint(LAST_STEP) / file).read_bytes(), file)

    def test_resuming_on_another_base_is_refused(self):
        crashed = Run(self.folder / "another_base")
        shutil.copytree(self.whole.folder, crashed.folder, symlinks=True)
        shutil.rmtree(crashed.checkpoint(LAST_STEP))
        sections = {**SECTIONS, "model": {**SECTIONS["model"], "random_init": "true"}}
        result = harness.run_train(harness.train_arguments(crashed.folder, sections) + ["--resume", "auto"])
        self.assertEqual(result.code, 3, result.output)
        self.assertIn("fingerprint", result.errors()[0][1])

    def test_adapters_of_the_tower_alone_meet_text(self):
        """A step without a video gives them no gradient, and is no error."""
        text = self.folder / "text.jsonl"
        lines = (harness.DATA / "short.jsonl").read_text().splitlines()
        samples = [json.loads(line) for line in lines[:4]]
        for sample in samples[:2]:
            sample["video"] = ""
        text.write_text("".join(json.dumps(sample) + "\n" for sample in samples))
        sections = {"model": {"lora.rank": 2, "lora.target_modules": r"['model\.visual\..*qkv']"},
                    "sft": {"steps": 4, "prompts_per_step": 1, "data.files": f"[{text}]",
                            "data.video_root": harness.DATA, "data.allow_text_only": "true"},
                    "grpo": {"steps": 0}}
        norms = [line["policy/grad_norm"] for line in harness.train(self.folder / "tower", **sections).metrics("sft")]
        self.assertEqual(sorted(norm > 0 for norm in norms), [False, False, True, True])

    def test_nothing_that_trains_is_refused(self):
        tower = {**SECTIONS, "grpo": {"steps": 0}, "model": {"lora.rank": 2, "lora.target_modules": "[qkv]"}}
        harness.train(self.folder / "tower_adapters", **tower)
        path = Run(self.folder / "tower_adapters").checkpoint(2)
        frozen = {**SECTIONS, "model": {"lora.path": path, "train_vision": "false"}}
        result = harness.run_train(harness.train_arguments(self.folder / "nothing_trains", frozen))
        self.assertEqual(result.code, 2, result.output)
        self.assertIn("nothing trains", result.errors()[0][1])

    def test_two_ranks_compute_the_same(self):
        """Dropout is on: its masks follow the rows to the other rank. Sums are added up in another order."""
        shared = harness.train(self.folder / "two_ranks", 2, **SECTIONS)
        for one, other in zip(self.whole.metrics("sft"), shared.metrics("sft"), strict=True):
            for name in ("sft/loss", "policy/grad_norm", "sft/entropy"):
                self.assertLess(abs(one[name] - other[name]), 2e-5 * abs(one[name]), name)
        one, other = self.whole.metrics("grpo")[0], shared.metrics("grpo")[0]
        # Two sums of 16 rewards below 2: in each at most 16 roundings of 2^-49, and both are divided by 16.
        self.assertLess(abs(one["reward/mean"] - other["reward/mean"]), 2 ** -48)
        self.assertLess(abs(one["policy/grad_norm"] - other["policy/grad_norm"]), 1e-4 * one["policy/grad_norm"])

    def test_leaves_adapters_and_a_merged_model(self):
        last = self.whole.checkpoint(LAST_STEP)
        self.assertEqual((self.whole.folder / "final_adapter").resolve(), last.resolve())
        self.assertEqual((self.whole.folder / "final").resolve(), (self.whole.folder / "merged").resolve())
        self.assertFalse((last / "model.safetensors").exists())
        for name in ("config.json", "tokenizer.json", "model.safetensors"):
            self.assertTrue((self.whole.folder / "final" / name).exists(), name)
        self.assertNotEqual((self.whole.folder / "final" / "model.safetensors").read_bytes(),
                            (MODEL / "model.safetensors").read_bytes())

    def merge(self, adapter, out):
        done = subprocess.run([harness.BIN / "merge_adapters", "--model", MODEL, "--adapter", adapter, "--out", out,
                               "--dtype", "float32"], text=True, env=harness.environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=harness.TIMEOUT_SECONDS)
        return done.returncode, done.stdout

    def test_merging_by_hand_gives_the_same_model(self):
        code, output = self.merge(self.whole.checkpoint(LAST_STEP), self.folder / "by_hand")
        self.assertEqual(code, 0, output)
        self.assertEqual((self.folder / "by_hand" / "model.safetensors").read_bytes(),
                         (self.whole.folder / "merged" / "model.safetensors").read_bytes())
        code, output = self.merge(self.whole.checkpoint(LAST_STEP), self.folder / "by_hand")
        self.assertEqual(code, 2, output)
        code, output = self.merge(MODEL, self.folder / "nothing")
        self.assertEqual(code, 3, output)

    def test_goes_on_from_adapters(self):
        """A run of GRPO alone from the adapters of an SFT run: its reference is the adapted model."""
        sections = {**SECTIONS, "sft": {"steps": 0}, "model": {"lora.path": self.whole.checkpoint(2)}}
        run = harness.train(self.folder / "from_adapters", **sections)
        self.assertEqual(adapters(run, 0), adapters(self.whole, 2))
        self.assertLess(abs(run.metrics("grpo")[0]["kl/mean"]), 1e-9)

    def test_wrong_use_is_one_line(self):
        for overrides, code, text in (
                ({"model": {"lora.rank": 4, "lora.target_modules": "[q_porj]"}}, 2, "self_attn.q_proj"),
                ({"model": {"lora.path": MODEL}}, 3, "adapter_config.json")):
            result = harness.run_train(harness.train_arguments(self.folder / "wrong", overrides))
            self.assertEqual(result.code, code, result.output)
            self.assertEqual(len(result.errors()), 1, result.output)
            self.assertIn(text, result.errors()[0][1])


if __name__ == "__main__":
    unittest.main()
