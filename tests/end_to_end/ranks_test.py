"""The number of ranks changes how fast a run is, and nothing else."""

import unittest

import harness


def relative_difference(a, b):
    return abs(a - b) / max(abs(a), abs(b))


class RankCount(unittest.TestCase):
    """One recipe on 1, 2 and 4 ranks. Sums over prompts are then added up in another order, and products have other
    numbers of rows: results agree to float32 rounding."""

    @classmethod
    def setUpClass(cls):
        folder = harness.fresh_folder("ranks")
        cls.runs = {ranks: harness.train(folder / f"np{ranks}", ranks) for ranks in (1, 2, 4)}

    def pairs(self, stage):
        """(ranks, metrics with 1 rank, metrics with `ranks` ranks) of each step."""
        for ranks in (2, 4):
            alone, shared = self.runs[1].metrics(stage), self.runs[ranks].metrics(stage)
            self.assertEqual(len(alone), 2)
            self.assertEqual(len(shared), 2)
            for one, other in zip(alone, shared):
                yield ranks, one, other

    def test_texts_of_the_first_grpo_step_are_identical(self):
        def texts(run):
            return {(line["slot"], line["completion_index"], line["text"]) for line in run.rollouts(1)}

        self.assertEqual(len(texts(self.runs[1])), 16)
        for ranks in (2, 4):
            self.assertEqual(texts(self.runs[1]), texts(self.runs[ranks]), f"{ranks} ranks")

    def test_groups_teach_something(self):
        """Without this the comparisons of GRPO's numbers would compare zeros."""
        first = self.runs[1].metrics("grpo")[0]
        self.assertLess(first["groups/dead_fraction"], 1)
        self.assertGreater(first["policy/grad_norm"], 0.01)

    def test_sft_loss_and_gradient_agree(self):
        for ranks, one, other in self.pairs("sft"):
            for name in ("sft/loss", "policy/grad_norm", "sft/entropy"):
                self.assertLess(relative_difference(one[name], other[name]), 1e-5, f"{name}, {ranks} ranks")
            self.assertEqual(one["sft/tokens"], other["sft/tokens"])

    def test_first_grpo_step_agrees(self):
        """On-policy the loss is -sum(w A), which is zero up to rounding because every group's advantages add up to zero
        (and the KL term is zero before the first update): its error is measured against sum(w |A|), the mean |A|."""
        scale = sum(abs(line["advantage"]) for line in self.runs[1].rollouts(1)) / 16
        for ranks, one, other in self.pairs("grpo"):
            if one["step"] != 3:
                continue
            self.assertLess(abs(one["policy/loss"] - other["policy/loss"]), 1e-5 * scale, f"{ranks} ranks")
            for name in ("policy/grad_norm", "policy/entropy"):
                self.assertLess(relative_difference(one[name], other[name]), 1e-5, f"{name}, {ranks} ranks")
            for name in ("reward/mean", "reward/std", "reward/letter/mean", "reward/format/mean",
                         "groups/dead_fraction", "completion/length_mean", "completion/truncated_fraction"):
                self.assertAlmostEqual(one[name], other[name], 12, f"{name}, {ranks} ranks")

    def test_the_same_run_twice_is_the_same_to_the_last_digit(self):
        again = harness.train(self.runs[2].folder.parent / "np2_again", 2)
        self.assertEqual(again.metrics(), self.runs[2].metrics())
        self.assertEqual(again.rollout_files(), self.runs[2].rollout_files())

    def test_vision_tower_runs_once_a_prompt_and_step(self):
        """Not once a completion: train_vision is on, the KL term is on, groups have four completions."""
        for ranks, run in self.runs.items():
            for line in run.metrics("sft") + run.metrics("grpo"):
                self.assertEqual(line["vision/passes"], 4, f"{line['stage']} step {line['step']}, {ranks} ranks")


if __name__ == "__main__":
    unittest.main()
