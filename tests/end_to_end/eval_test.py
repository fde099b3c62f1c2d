"""st_eval and reward_lab on a small model and a few clips."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import harness
from harness import BIN, DATA, MODEL

VIDEO = ["--set", "video.sampling=linspace_floor", "--set", "video.num_frames=4", "--set", "video.min_pixels=4704",
         "--set", "video.max_pixels=4704"]
STRICT = "rewards:\n  - {name: letter, weight: 1.0}\n  - {name: format, weight: 0.2}\n"
RELEASED = "rewards:\n  - {name: released_letter, weight: 1.0}\n"


def run(program, *arguments, ranks=1):
    command = [str(BIN / program), *map(str, arguments)]
    if ranks > 1:
        command = [os.environ["RETRACE_MPIEXEC"], "--oversubscribe", "--bind-to", "none", "-n", str(ranks), *command]
    return subprocess.run(command, env=harness.environment(), text=True, errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=harness.TIMEOUT_SECONDS)


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


class StEval(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = harness.fresh_folder("st_eval")
        cls.data = DATA / "qa.jsonl"
        cls.first = cls.evaluate("first", "--blind")
        cls.results = json.loads((cls.first / "results.json").read_text())

    @classmethod
    def start(cls, name, *options, ranks=1, data=None, model=MODEL):
        return run("st_eval", "--model", model, "--data", data or cls.data, "--out", cls.folder / name,
                   "--max-samples", "24", "--max-new-tokens", "16", *VIDEO, *options, ranks=ranks)

    @classmethod
    def evaluate(cls, name, *options, **how):
        done = cls.start(name, *options, **how)
        if done.returncode != 0:
            raise AssertionError(f"st_eval ended with {done.returncode}:\n{done.stdout}")
        return cls.folder / name

    def test_writes_tables_pages_and_verdicts(self):
        for name in ("results.json", "results.md", "report.html", "answers.jsonl", "verdicts.jsonl"):
            self.assertTrue((self.first / name).is_file(), name)
        self.assertEqual(set(self.results["views"]), {"seen", "blind"})
        verdicts = lines(self.first / "verdicts.jsonl")
        self.assertEqual(len(verdicts), 48)
        for view, result in self.results["views"].items():
            self.assertEqual(sum(result["problems"].values()), 24)
            for column, quantity in result["quantities"].items():
                judged = [v["percent"] or 0 for v in verdicts if v["view"] == view and v["column"] == column
                          and v["problem"] in ("none", "unanswered", "truncated")]
                if judged:
                    self.assertAlmostEqual(quantity["percent"], sum(judged) / len(judged), places=9)
                    self.assertLessEqual(quantity["low"], quantity["percent"])
                    self.assertGreaterEqual(quantity["high"], quantity["percent"])

    def test_does_not_depend_on_the_number_of_ranks(self):
        two = self.evaluate("two_ranks", "--blind", ranks=2)
        for name in ("answers.jsonl", "results.json", "verdicts.jsonl"):
            self.assertEqual((two / name).read_bytes(), (self.first / name).read_bytes(), name)

    def test_goes_on_after_an_interruption(self):
        resumed = self.folder / "resumed"
        resumed.mkdir()
        whole = (self.first / "answers.jsonl").read_bytes()
        (resumed / "answers.jsonl").write_bytes(whole[:len(whole) // 2])
        self.evaluate("resumed", "--blind")
        self.assertEqual((resumed / "answers.jsonl").read_bytes(), whole)

    def test_refuses_other_settings(self):
        shutil.copytree(self.first, self.folder / "other")
        done = self.start("other", "--prompt", "Look. {problem}", ranks=2)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("prompt = {problem}, but now it is Look. {problem}", done.stdout)

    def test_stops_where_no_question_can_be_asked(self):
        done = self.start("unaskable", "--prompt", "{problem} <image>", ranks=2)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("questions could be asked; the first, ", done.stdout)
        self.evaluate("unaskable")  # nothing was written that other settings would contradict

    def test_counts_videos_that_cannot_be_read(self):
        """One that is damaged and one that is missing."""
        data = self.folder / "broken"
        (data / "videos").mkdir(parents=True)
        records = lines(self.data)[:8]
        for record in records:
            shutil.copy(DATA / record["video"], data / "videos")
        (data / records[0]["video"]).write_bytes(b"not a video")
        missing = {**records[-1], "video": "videos/missing.mp4"}
        records.append(missing)
        (data / "qa.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        done = self.start("with_broken", data=data / "qa.jsonl")
        self.assertEqual(done.returncode, 0, done.stdout)
        broken = [record for record in records if record["video"] in (records[0]["video"], missing["video"])]
        result = json.loads((self.folder / "with_broken/results.json").read_text())["views"]["seen"]
        self.assertEqual(result["problems"]["media"], len(broken))
        self.assertEqual(sum(q["judged"] for name, q in result["quantities"].items() if "questions" in q),
                         len(records) - len(broken))
        self.assertIn(pathlib.Path(records[0]["video"]).name, done.stdout)
        self.assertIn("missing.mp4: no such video file", done.stdout)
        shutil.rmtree(data / "videos")
        done = self.start("wrong_folder", data=data / "qa.jsonl", ranks=2)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("--video-root", done.stdout)
        given = run("st_eval", "--answers", self.folder / "with_broken/answers.jsonl", "--data", data / "qa.jsonl",
                    "--out", self.folder / "given_without_videos")
        self.assertEqual(given.returncode, 0, given.stdout)
        self.assertEqual((self.folder / "given_without_videos/verdicts.jsonl").read_bytes(),
                         (self.folder / "with_broken/verdicts.jsonl").read_bytes())

    def test_scores_given_answers(self):
        given = self.folder / "given.jsonl"
        records = lines(self.data)[:24]
        given.write_text("".join(json.dumps({"id": f"qa.jsonl:{index}", "text": f"The answer is {r['original_answer']}"})
                                 + "\n" for index, r in enumerate(records)))
        done = run("st_eval", "--answers", given, "--data", self.data, "--max-samples", "24", "--out",
                   self.folder / "given")
        self.assertEqual(done.returncode, 0, done.stdout)
        result = json.loads((self.folder / "given/results.json").read_text())["views"]["seen"]
        self.assertEqual(result["quantities"]["direction/forward"]["percent"], 100)
        self.assertEqual(result["quantities"]["avg_total"]["percent"] is None,
                         any(result["quantities"][c]["percent"] is None for c in list(result["quantities"])[:8]))
        compared = run("st_eval", "compare", self.first, self.folder / "given")
        self.assertEqual(compared.returncode, 0, compared.stdout)
        self.assertIn("| direction/forward |", compared.stdout)

    def test_asks_adapters_as_it_asks_the_merged_model(self):
        """Adapters after steps so large that other answers are certain."""
        run_folder = harness.train(self.folder / "lora", model={"lora.rank": 2}, sft={"steps": 2, "lr.peak": 0.1},
                                   grpo={"steps": 0}).folder
        adapter = run_folder / "final_adapter"
        merged = lines(self.evaluate("merged", model=run_folder / "merged") / "answers.jsonl")
        adapted = lines(self.evaluate("adapted", model=adapter) / "answers.jsonl")
        self.assertEqual(adapted[1:], merged[1:])  # the first line holds the settings
        self.assertNotEqual(adapted[1:], lines(self.first / "answers.jsonl")[1:25])
        moved = self.folder / "moved_adapter"
        shutil.copytree(adapter, moved, ignore=shutil.ignore_patterns("trainer_state"))
        config = json.loads((moved / "adapter_config.json").read_text())
        (moved / "adapter_config.json").write_text(json.dumps({**config, "base_model_name_or_path": "hub/name"}))
        done = self.start("moved", model=moved)
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("'hub/name'", done.stdout)
        self.assertIn("--base", done.stdout)
        self.assertEqual(lines(self.evaluate("moved", "--base", MODEL, model=moved) / "answers.jsonl")[1:], merged[1:])

    def test_says_what_is_wrong(self):
        cases = [(["--data", self.data, "--out", "x"], 2, "--model (to be asked) or --answers"),
                 (["--model", "missing", "--data", self.data, "--out", self.folder / "x"], 3, "missing"),
                 (["--model", MODEL, "--data", "missing.jsonl", "--out", self.folder / "x"], 3, "missing.jsonl"),
                 (["compare", self.folder / "nothing", self.first], 3, "verdicts.jsonl"),
                 (["--judge", "oracle"], 2, "--judge: expected one of rules, http, local, none; found 'oracle'"),
                 (["--model", MODEL, "--base", MODEL, "--data", self.data, "--out", self.folder / "x"], 2, "--base"),
                 (["--answers", self.data, "--base", MODEL, "--data", self.data, "--out", "x"], 2, "--base"),
                 (["--help"], 0, "Examples:")]
        for arguments, code, text in cases:
            done = run("st_eval", *arguments)
            self.assertEqual(done.returncode, code, done.stdout)
            self.assertIn(text, done.stdout)


class RewardLab(unittest.TestCase):
    def test_scores_a_run_under_other_rewards(self):
        folder = harness.fresh_folder("reward_lab")
        trained = harness.train(folder / "run", sft={"steps": 0})
        self.assertIn("<answer>", lines(trained.folder / "rollouts/step-000001.jsonl")[0]["solution"])
        (folder / "strict.yaml").write_text(STRICT)
        (folder / "released.yaml").write_text(RELEASED)
        done = run("reward_lab", "--rollouts", trained.folder, "--reward", folder / "strict.yaml", "--reward",
                   folder / "released.yaml", "--out", folder / "lab")
        self.assertEqual(done.returncode, 0, done.stdout)
        lab = json.loads((folder / "lab/reward_lab.json").read_text())
        saved, strict, released = lab["designs"]
        self.assertEqual(lab["completions"], 2 * 4 * 4)  # steps, prompts, group
        self.assertEqual(saved["reward"], strict["reward"])  # the run's own rewards
        self.assertEqual(lab["pairs"][0]["sign_changed"], 0)
        self.assertEqual(strict["hacks"]["first_capital"]["best_of_group"], 0)
        self.assertGreaterEqual(released["reward"]["mean"], 0)
        for name in ("reward_lab.md", "report.html"):
            self.assertIn("released", (folder / "lab" / name).read_text())

    def test_says_what_is_wrong(self):
        folder = harness.fresh_folder("reward_lab_errors")
        (folder / "strict.yaml").write_text(STRICT)
        done = run("reward_lab", "--rollouts", folder, "--reward", folder / "strict.yaml", "--out", folder / "lab")
        self.assertEqual(done.returncode, 3, done.stdout)
        self.assertIn("step-*.jsonl", done.stdout)
        (folder / "bad.yaml").write_text("rewards: [{name: nothing}]\n")
        done = run("reward_lab", "--rollouts", folder, "--reward", folder / "bad.yaml", "--out", folder / "lab")
        self.assertEqual(done.returncode, 2, done.stdout)


if __name__ == "__main__":
    unittest.main()
