"""Plants one violation at a time into a small clean tree: each must be found at its line, and nothing else."""

import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "check_includes.py"
spec = importlib.util.spec_from_file_location("check_includes", SCRIPT)
check_includes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check_includes)

CLEAN = {
    "core/error.h": "#pragma once\n#include <string>\n",
    "core/config_node.h": "#pragma once\n",
    "core/config_yaml.cc": '#include <yaml-cpp/yaml.h>\n#include "core/error.h"\nYAML::Node node;\n',
    "data/video_reader.cc": '#include <libavformat/avformat.h>\n#include "core/error.h"\n',
    "kernels/sampling.h": '#pragma once\n#include <ATen/core/Tensor.h>\n#include "core/error.h"\n',
    "model/model.h": '#pragma once\n#include "kernels/sampling.h"\n',
    "reward/rubric.cc": "// YAML::Node, std::cout and printf( in a comment\n/* #include \"rl/loss.h\" */\n"
                        'const char* text = "std::cout << printf(";\nint n = snprintf(b, 1, "x");\n',
    "rl/loss.h": '#pragma once\n#include "model/model.h"\n',
    "tests/support/helpers.h": '#pragma once\n#include "rl/loss.h"\n',
    "tests/rl/loss_test.cc": '#include "tests/support/helpers.h"\n#include "tools/common.h"\nstd::cout << 1;\n',
    "tools/common.h": '#pragma once\n#include "rl/loss.h"\n',
    "tools/main.cc": '#include "tools/common.h"\n#include "rl/loss.h"\nstd::cout << printf("");\n',
}

# (file, line to append, part of the message)
VIOLATIONS = [
    ("kernels/sampling.h", '#include "rl/loss.h"', "kernels may not include rl"),
    ("kernels/sampling.h", '#ifdef NEVER\n#  include "model/model.h"', "kernels may not include model"),
    ("core/error.h", '#include "kernels/sampling.h"', "core may not include kernels"),
    ("reward/rubric.cc", '#include "model/model.h"', "reward may not include model"),
    ("rl/loss.h", '#include "tests/support/helpers.h"', "rl may not include tests"),
    ("rl/loss.h", '#include "tools/common.h"', "rl may not include tools"),
    ("tools/main.cc", '#include "tests/support/helpers.h"', "tools may not include tests"),
    ("rl/loss.h", '#include "../core/error.h"', "not a full path from the root"),
    ("rl/loss.h", '#include "model/../core/error.h"', "not a full path from the root"),
    ("core/config_yaml.cc", '#include "error.h"', "not a full path from the root"),
    ("rl/loss.h", '#include "core/missing.h"', "does not exist"),
    ("rl/loss.h", "#include <core/error.h>", 'as "core/error.h"'),
    ("rl/loss.h", "#include <torch/torch.h>", "<torch/torch.h>"),
    ("tests/rl/loss_test.cc", "#include <torch/torch.h>", "<torch/torch.h>"),
    ("rl/loss.h", "YAML::Node node;", "YAML:: belongs in"),
    ("tools/main.cc", "YAML::Node node;", "YAML:: belongs in"),
    ("rl/loss.h", "#include <yaml-cpp/yaml.h>", "yaml-cpp is seen by"),
    ("model/model.h", "#include <libavcodec/avcodec.h>", "FFmpeg is seen by data/ only"),
    ("model/model.h", 'extern "C" {\n#include <libswscale/swscale.h>\n}', "FFmpeg is seen by data/ only"),
    ("core/error.h", "std::cout << 1;", "libraries print nothing"),
    ("core/error.h", 'std::printf("x");', "libraries print nothing"),
]


class CheckIncludesTest(unittest.TestCase):
    def setUp(self):
        self.tree = pathlib.Path(tempfile.mkdtemp(prefix="retrace_layering_"))
        self.addCleanup(shutil.rmtree, self.tree)
        (self.tree / "cmake").mkdir()
        shutil.copy(ROOT / "cmake" / "RetraceTargets.cmake", self.tree / "cmake")
        for name, text in CLEAN.items():
            path = self.tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def run_script(self):
        return subprocess.run([sys.executable, SCRIPT, "--root", self.tree], capture_output=True, text=True)

    def violations(self):
        checker = check_includes.Checker(self.tree, check_includes.read_table(self.tree))
        self.assertEqual(checker.check_tree(), len(CLEAN))
        return checker.violations

    def test_a_clean_tree_passes(self):
        result = self.run_script()
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(f"{len(CLEAN)} files, 0 violations", result.stdout)

    def test_a_violation_makes_the_script_fail(self):
        name, planted, message = VIOLATIONS[0]
        (self.tree / name).write_text(CLEAN[name] + planted + "\n", encoding="utf-8")
        result = self.run_script()
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertIn(message, result.stdout)

    def test_every_planted_violation_is_found_alone(self):
        for name, planted, message in VIOLATIONS:
            with self.subTest(file=name, planted=planted):
                path = self.tree / name
                path.write_text(CLEAN[name] + planted + "\n", encoding="utf-8")
                found = self.violations()
                path.write_text(CLEAN[name], encoding="utf-8")
                self.assertEqual(len(found), 1, found)
                self.assertIn(message, found[0])
                lines = (CLEAN[name] + planted).splitlines()
                guilty = next(i for i, line in enumerate(lines, start=1)
                              if i > len(CLEAN[name].splitlines()) and not line.startswith(("#ifdef", "extern")))
                self.assertTrue(found[0].startswith(f"{name}:{guilty}: "), found[0])

    def test_a_tree_without_the_table_is_an_error_not_a_pass(self):
        table = self.tree / "cmake" / "RetraceTargets.cmake"
        table.write_text("# empty\n", encoding="utf-8")
        self.assertEqual(self.run_script().returncode, 2)
        table.unlink()
        result = self.run_script()
        self.assertEqual(result.returncode, 2)
        self.assertIn("the table of folders cannot be read", result.stderr)


if __name__ == "__main__":
    unittest.main()
