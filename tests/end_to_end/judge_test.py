"""A judge behind HTTP that stops answering in the middle of a step: what is not judged is not learned from."""

import http.server
import json
import signal
import threading
import unittest

import harness
from harness import DATA
from resume_test import Comparison

VERDICT = json.dumps({"direction": 3, "landmark": 2, "semantics": 4})


class Judge(http.server.ThreadingHTTPServer):
    """Marks every route alike, but an empty one; keeps silent while `silent` is set."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.silent, self.is_asked_in_vain, self.over = threading.Event(), threading.Event(), threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def sections(self):
        return {"backend": "http", "endpoint": f"http://127.0.0.1:{self.server_address[1]}/v1/chat/completions",
                "model": "any", "deadline_seconds": 60, "total_deadline_seconds": 90}


class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.silent.is_set():
            self.server.is_asked_in_vain.set()
            self.server.over.wait()
            return
        reply = json.dumps({"choices": [{"message": {"role": "assistant", "content": VERDICT}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


def write_route_questions():
    """The questions of short.jsonl as open ones, about routes."""
    lines = []
    for text in (DATA / "short.jsonl").read_text().splitlines():
        record = json.loads(text)
        route = "Turn left at the lamp."
        lines.append(json.dumps({
            **record, "problem": "Describe the route.", "original_question": "Describe the route.", "task": "route",
            "direction": "forward", "original_answer": route, "solution": f"<think></think> <answer>{route}</answer>"}))
    (DATA / "routes.jsonl").write_text("\n".join(lines) + "\n")


class InterruptedJudging(Comparison):
    def setUp(self):
        write_route_questions()
        self.judge = Judge()
        self.addCleanup(self.judge.server_close)
        self.addCleanup(self.judge.shutdown)
        self.addCleanup(self.judge.over.set)

    def sections(self, steps):
        return {"sft": {"steps": 0}, "judge": self.judge.sections(), "checkpoint": {"every_steps": 0},
                "reward": {"rewards": "[{name: route, weight: 1}, {name: format, weight: 0.2}]", "on_missing": "skip"},
                "grpo": {"steps": steps, "data.files": f"[{DATA}/routes.jsonl]"}}

    def test_costs_the_step_and_changes_nothing(self):
        folder = harness.fresh_folder("interrupted_judging")
        background = harness.Background(folder / "run", ranks=2, **self.sections(100000))
        background.wait_for_step(2)
        self.judge.silent.set()
        self.assertTrue(self.judge.is_asked_in_vain.wait(60), "the judge is not asked")
        background.signal(signal.SIGTERM)
        code, output = background.wait()
        self.assertEqual(code, 143, output)
        self.assertIn("--resume auto", output)
        stopped_at = background.run.last_step()
        self.assertEqual(background.run.checkpoint_steps(), [0, stopped_at])

        self.judge.silent.clear()
        resumed = harness.train(folder / "run", 2, resume="auto", **self.sections(stopped_at + 2))
        unbroken = harness.train(folder / "unbroken", 2, **self.sections(stopped_at + 2))
        self.assertGreater(unbroken.metrics()[-1]["judge/asked"], 0)
        self.assertEqual(unbroken.metrics()[-1]["judge/failed"], 0)
        self.assert_same_run(resumed, unbroken)


if __name__ == "__main__":
    unittest.main()
