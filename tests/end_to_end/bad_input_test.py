"""Bad input: one line that says what, where, expected, found and the fix, the documented exit code, and no hang."""

import json
import shutil
import subprocess
import unittest

import harness
from harness import DATA, MODEL

USAGE, DATA_CODE = 2, 3
# A start with two ranks takes a second or two on an idle machine; the deadline of a hanging collective is 120 s.
NO_HANG_SECONDS = 60


class BadInput(unittest.TestCase):
    def setUp(self):
        self.folder = harness.fresh_folder("bad_input")

    def arguments(self, *words, **sections):
        return harness.train_arguments(self.folder / "run", sections) + list(words)

    def assert_refused(self, code, texts, arguments):
        """All ranks know of the error before they leave, so each returns the code, and the first one says why."""
        result = harness.run_train(arguments, ranks=2)
        self.assertEqual(result.code, code, result.output)
        self.assertEqual(result.rank_codes, [code, code], result.output)
        self.assertLess(result.seconds, NO_HANG_SECONDS)
        errors = result.errors()
        self.assertEqual(len(errors), 1, f"expected one error line:\n{result.output}")
        rank, message = errors[0]
        self.assertEqual(rank, "0")
        for text in texts:
            self.assertIn(text, message)
        self.assertNotIn("terminate called", result.output)

    def assert_setting_refused(self, code, texts, **sections):
        self.assert_refused(code, texts, self.arguments(**sections))

    # -----------------------------------------------------------------------------------------------------------------
    # Command line and recipe
    # -----------------------------------------------------------------------------------------------------------------

    def test_help_is_no_error(self):
        result = harness.run_train(["--help"], ranks=2)
        self.assertEqual(result.rank_codes, [0, 0])
        self.assertIn("Exit codes", result.output)
        self.assertEqual(result.output.count("Exit codes"), 1, "every rank printed the help")

    def test_unknown_option(self):
        result = harness.run_train(self.arguments("--resum", "auto"), ranks=2)
        self.assertEqual(result.rank_codes, [USAGE, USAGE])
        self.assertIn("--resum", result.output)

    def test_missing_recipe(self):
        self.assert_refused(USAGE, ["nowhere.yaml", "cannot be read"], [self.folder / "nowhere.yaml"])

    def test_recipe_that_is_no_yaml(self):
        recipe = harness.write_recipe(self.folder, "run: {seed: 1\nmodel: [")
        self.assert_refused(USAGE, ["recipe.yaml", "bad YAML", "line"], [recipe])

    def test_unknown_key(self):
        self.assert_setting_refused(USAGE, ["grpo.group_sise", "did you mean 'group_size'?", "override"],
                                    grpo={"group_sise": 4})

    def test_wrong_type(self):
        self.assert_setting_refused(USAGE, ["grpo.steps", "expected an integer", "'many'"], grpo={"steps": "many"})

    def test_prompts_that_ranks_cannot_share(self):
        self.assert_setting_refused(USAGE, ["grpo.prompts_per_step", "multiple of 2", "2 ranks", "is 3", "use 2 or 4"],
                                    grpo={"prompts_per_step": 3})

    def test_unknown_reward(self):
        self.assert_setting_refused(USAGE, ["reward.rewards[0].name", "'leter'", "letter, format"],
                                    reward={"rewards": "[{name: leter}]"})

    def test_template_without_the_problem(self):
        self.assert_setting_refused(USAGE, ["prompt.template", "{problem}", "'Answer!'"], prompt={"template": "Answer!"})

    def test_more_new_tokens_than_the_engine_takes(self):
        """Known before the first step, not when sampling starts."""
        self.assert_setting_refused(USAGE, ["max_new_tokens", "1000000"], rollout={"max_new_tokens": 1000000})
        self.assertFalse((self.folder / "run" / "metrics.jsonl").exists())

    def test_run_folder_with_a_name_that_yaml_would_misread(self):
        folder = self.folder / "run #1: it's mine"
        harness.train(folder, sft={"steps": 1}, grpo={"steps": 0})
        self.assertTrue((folder / "checkpoints").is_dir())

    def test_run_folder_that_holds_a_run(self):
        harness.train(self.folder / "run", sft={"steps": 1}, grpo={"steps": 0})
        self.assert_refused(USAGE, ["run.dir", "already holds a run", "step-000001", "--resume auto"], self.arguments())

    # -----------------------------------------------------------------------------------------------------------------
    # Questions and videos
    # -----------------------------------------------------------------------------------------------------------------

    def copy_questions(self):
        """A data set of its own, to be broken."""
        shutil.copy(DATA / "short.jsonl", self.folder / "short.jsonl")
        shutil.copytree(DATA / "videos", self.folder / "videos")
        return {"data.files": f"[{self.folder}/short.jsonl]"}

    def test_missing_question_file(self):
        self.assert_setting_refused(DATA_CODE, ["sft.data.files: ", "nowhere.jsonl", "cannot be read"],
                                    sft={"data.files": f"[{self.folder}/nowhere.jsonl]"})

    def test_question_file_with_a_cut_line(self):
        data = self.copy_questions()
        text = (self.folder / "short.jsonl").read_text()
        (self.folder / "short.jsonl").write_text(text[:len(text) // 2])
        self.assert_setting_refused(DATA_CODE, ["short.jsonl:", "bad JSON"], sft=data)

    def test_missing_video(self):
        data = self.copy_questions()
        (self.folder / "videos" / "000003.mp4").unlink()
        self.assert_setting_refused(DATA_CODE, ["short.jsonl:4", "no such video file", "000003.mp4"], sft=data)

    def assert_broken_video_ends_all_ranks(self, broken, earliest_step, **sections):
        """A rank that cannot read its video ends the others, who wait for its gradient."""
        result = harness.run_train(self.arguments(**sections), ranks=2)
        self.assertEqual(result.code, DATA_CODE, result.output)
        self.assertLess(result.seconds, NO_HANG_SECONDS)
        ranks = {rank for rank, _ in result.errors()}
        self.assertEqual(len(ranks), len(result.errors()), result.output)
        for _, message in result.errors():
            self.assertIn(broken, message)
        self.assertGreaterEqual(harness.Run(self.folder / "run").last_step(), earliest_step)
        return ranks

    def test_solution_with_a_control_token(self):
        lines = (DATA / "short.jsonl").read_text().splitlines()
        sample = json.loads(lines[0])
        sample["solution"] += "<|im_end|> and more"
        bad = self.folder / "bad.jsonl"
        bad.write_text("\n".join([json.dumps(sample), *lines[1:4]]) + "\n")
        result = harness.run_train(self.arguments(sft={"data.files": f"[{bad}]", "data.video_root": DATA}), ranks=2)
        self.assertEqual(result.code, DATA_CODE, result.output)
        self.assertIn("sample 0: solution: ", result.output)

    def test_text_file_named_as_a_video(self):
        data = self.copy_questions()
        for video in (self.folder / "videos").iterdir():
            video.write_text("This is not a video.\n" * 100)
        ranks = self.assert_broken_video_ends_all_ranks(".mp4", -1, sft=data)
        self.assertTrue(ranks)

    def test_truncated_video(self):
        data = self.copy_questions()
        for video in (self.folder / "videos").iterdir():
            video.write_bytes(video.read_bytes()[:2000])
        self.assert_broken_video_ends_all_ranks(".mp4", -1, sft=data)

    def test_broken_video_met_by_one_rank_in_mid_training(self):
        good = harness.train(self.folder / "good", ranks=2, sft={"steps": 0}, grpo={"steps": 3})
        last_of_step_3 = max(good.rollouts(3), key=lambda line: line["slot"])  # the last rank's
        data = self.copy_questions()
        broken = self.folder / "videos" / last_of_step_3["videos"][0].rsplit("/", 1)[1]
        broken.write_text("not a video")
        ranks = self.assert_broken_video_ends_all_ranks(broken.name, 2, sft={"steps": 0}, grpo={"steps": 3, **data})
        self.assertEqual(ranks, {"0"})  # the root speaks for all

    # -----------------------------------------------------------------------------------------------------------------
    # Checkpoints
    # -----------------------------------------------------------------------------------------------------------------

    def copy_model(self):
        return shutil.copytree(MODEL, self.folder / "model")

    def assert_model_refused(self, texts, change_tensors):
        model = self.copy_model()
        tensors = harness.read_tensors(model / "model.safetensors")
        change_tensors(tensors)
        harness.write_tensors(model / "model.safetensors", tensors)
        self.assert_setting_refused(DATA_CODE, ["do not fit config.json", *texts], model={"path": model})

    def test_missing_tensor(self):
        self.assert_model_refused(["1 missing", "model.norm.weight [64]"],
                                  lambda tensors: tensors.pop("model.norm.weight"))

    def test_extra_tensor(self):
        def add(tensors):
            tensors["model.layers.7.norm.weight"] = tensors["model.norm.weight"]
        self.assert_model_refused(["1 unexpected", "model.layers.7.norm.weight"], add)

    def test_misshapen_tensor(self):
        name = "model.layers.0.mlp.up_proj.weight"

        def transpose(tensors):
            dtype, shape, data = tensors[name]
            tensors[name] = (dtype, shape[::-1], data)
        self.assert_model_refused(["1 misshapen", name, "expected [128, 64]", "found [64, 128]"], transpose)

    def test_cut_weights(self):
        model = self.copy_model()
        weights = model / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1000])
        self.assert_setting_refused(DATA_CODE, ["model.safetensors"], model={"path": model})

    def test_missing_tokenizer(self):
        model = self.copy_model()
        (model / "tokenizer.json").unlink()
        self.assert_setting_refused(DATA_CODE, ["expected a tokenizer", "tokenizer.json"], model={"path": model})

    def test_another_architecture(self):
        model = self.copy_model()
        config = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps({**config, "model_type": "llama"}))
        self.assert_setting_refused(DATA_CODE, ["config.json", "model_type", "qwen2_vl", "llama"], model={"path": model})

    def test_adapter_as_model(self):
        (self.folder / "adapter_config.json").write_text("{}")
        self.assert_setting_refused(DATA_CODE, ["model.path: ", "LoRA adapter", "model.lora.path"],
                                    model={"path": self.folder})

    def test_prompt_beyond_the_positions_of_the_model(self):
        model = self.copy_model()
        config = json.loads((model / "config.json").read_text())
        (model / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 16}))
        self.assert_setting_refused(DATA_CODE, ["sample ", "expected at most 16 positions"], model={"path": model})

    def test_missing_model_folder(self):
        self.assert_setting_refused(DATA_CODE, ["model.path: ", "nowhere", "config.json"], model={"path": self.folder / "nowhere"})

    # -----------------------------------------------------------------------------------------------------------------
    # Resuming
    # -----------------------------------------------------------------------------------------------------------------

    def test_resume_from_nowhere(self):
        self.assert_refused(DATA_CODE, ["nowhere", "cannot be read"],
                            self.arguments("--resume", self.folder / "nowhere"))

    def test_resume_from_a_checkpoint_that_is_not_the_last(self):
        """The later ones would be taken for those of the new attempt."""
        run = harness.train(self.folder / "run", grpo={"steps": 0})
        self.assert_refused(USAGE, ["--resume", "step 1", "step-000002", "--resume auto", "--run-dir"],
                            self.arguments("--resume", run.checkpoint(1)))

    def test_resume_from_a_broken_state(self):
        run = harness.train(self.folder / "run", sft={"steps": 1}, grpo={"steps": 0})
        (run.checkpoint(1) / "trainer_state" / "state.json").write_text('{"global_step": 1')
        self.assert_refused(DATA_CODE, ["state.json", "not a trainer state"],
                            self.arguments("--resume", "auto", sft={"steps": 2}))


class ModelCheck(unittest.TestCase):
    def test_an_option_of_another_sampling(self):
        folder = harness.fresh_folder("model_check")
        for options, text in [(["--num-frames", "8"], "--num-frames: goes with the samplings linspace_*"),
                              (["--times", "0.5", "1"], "--times: goes with the samplings times"),
                              (["--sampling", "linspace_floor", "--fps", "1"], "--fps: goes with the samplings fps")]:
            done = subprocess.run([harness.BIN / "model_check", "--model", MODEL, "--prompt", "?", "--dump",
                                   folder / "dump.safetensors", *options], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertIn(text, done.stderr)


if __name__ == "__main__":
    unittest.main()
