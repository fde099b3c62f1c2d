"""The model sees the video, and learns from the completion only."""

import unittest

import harness
from harness import DATA


class SftLoss(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = harness.fresh_folder("vision")
        cls.plain = cls.train_sft("plain")

    @classmethod
    def train_sft(cls, name, **sections):
        """Two SFT steps; returns the run."""
        return harness.train(cls.folder / name, grpo={"steps": 0}, **sections)

    def test_changes_when_the_pixels_are_zeroed(self):
        black = self.train_sft("black", sft={"data.files": f"[{DATA}/black/short.jsonl]"})
        for seen, unseen in zip(self.plain.metrics("sft"), black.metrics("sft")):
            self.assertEqual(seen["sft/tokens"], unseen["sft/tokens"])
            difference = abs(seen["sft/loss"] - unseen["sft/loss"]) / seen["sft/loss"]
            self.assertGreater(difference, 1e-4, "the loss does not depend on the video")

    def test_counts_completion_tokens_only(self):
        """Another wording of the prompt: as many loss tokens, another loss."""
        wordy = self.train_sft("wordy", prompt={"template": "Look at the video again and again. {problem} Then answer."})
        for plain, other in zip(self.plain.metrics("sft"), wordy.metrics("sft")):
            self.assertEqual(plain["sft/tokens"], other["sft/tokens"])
            self.assertNotEqual(plain["sft/loss"], other["sft/loss"])

    def test_trains_the_tower_unless_it_is_frozen(self):
        frozen = self.train_sft("frozen", model={"train_vision": "false"})
        before = harness.read_tensors(harness.MODEL / "model.safetensors")
        trained = harness.read_tensors(self.plain.checkpoint(2) / "model.safetensors")
        kept = harness.read_tensors(frozen.checkpoint(2) / "model.safetensors")
        tower = [name for name in before if name.startswith("visual.")]
        self.assertGreater(len(tower), 10)
        for name in tower:
            self.assertNotEqual(before[name], trained[name], f"{name} did not learn")
            self.assertEqual(before[name], kept[name], f"{name} is frozen, but changed")
        self.assertNotEqual(before["model.embed_tokens.weight"], kept["model.embed_tokens.weight"])

    def test_does_not_depend_on_micro_batches(self):
        small = self.train_sft("small", sft={"micro_batch_tokens": 1})
        for whole, split in zip(self.plain.metrics("sft"), small.metrics("sft")):
            for name in ("sft/loss", "policy/grad_norm"):
                self.assertLess(abs(whole[name] - split[name]) / whole[name], 1e-5, name)


if __name__ == "__main__":
    unittest.main()
