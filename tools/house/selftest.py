"""Each checker must turn red: plants one violation at a time in a small healthy tree.

    python3 tools/house/selftest.py

A checker that finds nothing in a bad tree is worse than none, so this runs before it is believed.
"""

import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import docs  # noqa: E402
import layers  # noqa: E402
import tidy  # noqa: E402
from table import read_table  # noqa: E402

TABLE = """
module 0 core     built   exit      fmt  | ground
module 1 node     built   -         fmt  | contract
module 1 fault    built   -         -    | faults
module 2 gallery  built   -         -    | guests
module 2 mesh/*   built   -         -    | guests in parts
module 3 sim      built   -         fmt  | a world
module 4 runner   built   threads   fmt  | sweeps
module 5 cli      built   sockets   -    | main
module 5 later    planned -         -    | not yet
folder umbrella cli
guest gallery
guest mesh
sees gallery core node
blind runner sim
lib fmt fmt::fmt fmt/
lib yaml yaml-cpp yaml-cpp/
"""

HEALTHY = {
    "tools/layers.txt": TABLE,
    "tools/tidy_exceptions.txt": "",
    "Makefile": "build:\n\ntest: build\n",
    "ARCHITECTURE.md": f"# A\n{docs.BEGIN}\n{docs.END}\n",
    "docs/decisions/0001-x.md": "# x\n" + "".join(f"\n{h}\n\nt\n" for h in docs.DECISION_HEADINGS),
    "README.md": "See [a](ARCHITECTURE.md), `src/core/a.h`, `make test`.\n",
    "src/core/CMakeLists.txt": "storm_module(core)",
    "src/core/a.h": "// core/a.h - an idea.\n#pragma once\n#include <vector>\n"
                    "namespace storm {\ninline constexpr int k = 1;\nint a(int x);\n}\n",
    "src/core/a.cpp": '#include "core/a.h"\n\n#include <fmt/format.h>\n\nnamespace storm {\n'
                      "int a(int x) { return x; }\n}\n",
    "src/node/CMakeLists.txt": "storm_module(node DEPENDS core)",
    "src/node/b.h": '// node/b.h - an idea.\n#pragma once\n#include "core/a.h"\n',
    "src/fault/CMakeLists.txt": "storm_module(fault DEPENDS core)",
    "src/fault/f.h": "// fault/f.h - an idea.\n#pragma once\n",
    "src/gallery/CMakeLists.txt": "storm_module(gallery DEPENDS core node)",
    "src/gallery/g.h": '// gallery/g.h - an idea.\n#pragma once\n#include "node/b.h"\n',
    "src/mesh/one/CMakeLists.txt": "storm_module(mesh/one)",
    "src/mesh/one/m.h": "// mesh/one/m.h - an idea.\n#pragma once\n",
    "src/mesh/two/CMakeLists.txt": "storm_module(mesh/two DEPENDS mesh/one)",
    "src/mesh/two/m.h": '// mesh/two/m.h - an idea.\n#pragma once\n#include "mesh/one/m.h"\n',
    "src/sim/CMakeLists.txt": "storm_module(sim DEPENDS core node TEST_DEPENDS gallery)",
    "src/sim/s.h": '// sim/s.h - an idea.\n#pragma once\n#include "core/a.h"\n#include "node/b.h"\n',
    "src/sim/s_test.cpp": '// Goal.\n#include "sim/s.h"\n#include <gtest/gtest.h>\n'
                          '#include "gallery/g.h"\nint f() { throw 1; }\n',
    "src/runner/CMakeLists.txt": "storm_module(runner DEPENDS core TEST_DEPENDS sim)",
    "src/runner/r.h": "// runner/r.h - an idea.\n#pragma once\n#include <thread>\n",
    "src/runner/r_test.cpp": '// Goal.\n#include "runner/r.h"\n#include "sim/s.h"\n',
    "src/cli/CMakeLists.txt": "storm_module(cli DEPENDS gallery)",
    "src/cli/main.cpp": '// main.\n#include "gallery/g.h"\nint main() { return 0; }\n',
}


class House(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        for path, text in HEALTHY.items():
            self.write(path, text)
        docs.update(self.root, read_table(self.root))

    def write(self, path, text):
        where = self.root / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text)

    def append(self, path, text):
        self.write(path, (self.root / path).read_text() + text)

    def rules(self, checker):
        return sorted({f.rule for f in checker.check(self.root, read_table(self.root))})

    def found(self, checker):
        return [str(f) for f in checker.check(self.root, read_table(self.root))]


class Layers(House):
    def test_a_healthy_tree_is_clean(self):
        self.assertEqual([], self.found(layers))

    def planted(self, path, text, *rules):
        self.append(path, text)
        self.assertEqual(sorted(rules), self.rules(layers), self.found(layers))

    def test_an_upward_include_is_found(self):
        self.append("src/core/CMakeLists.txt", "\n# DEPENDS sim")
        self.planted("src/core/a.cpp", '#include "sim/s.h"\n', "cycle", "depends", "layer")

    def test_a_same_layer_include_is_found(self):
        self.planted("src/node/b.h", '#include "fault/f.h"\n', "depends", "layer")

    def test_an_upward_include_from_a_test_is_found(self):
        self.write("src/core/a_test.cpp", '#include "node/b.h"\n')
        self.planted("src/core/a_test.cpp", "", "depends", "layer")

    def test_spaces_and_comments_do_not_hide_an_include(self):
        self.planted("src/node/b.h", ' #  include /* x */ "fault/f.h"\n', "depends", "layer")

    def test_a_commented_include_is_none(self):
        self.planted("src/node/b.h", '// #include "fault/f.h"\n/*\n#include "sim/s.h"\n*/\n')

    def test_a_cycle_of_headers_is_found(self):
        self.write("src/core/c.h", '// c\n#pragma once\n#include "core/a.h"\n')
        self.planted("src/core/a.h", '#include "core/c.h"\n', "cycle")

    def test_a_cycle_of_group_parts_is_found(self):
        self.write("src/mesh/two/n.h", "// n\n#pragma once\n")
        self.write("src/mesh/one/CMakeLists.txt", "storm_module(mesh/one DEPENDS mesh/two)")
        self.planted("src/mesh/one/m.h", '#include "mesh/two/n.h"\n', "cycle")

    def test_a_bench_module_that_includes_a_guest_is_found(self):
        self.planted("src/sim/s.h", '#include "gallery/g.h"\n', "depends", "guest")

    def test_a_bench_module_that_names_a_guest_is_found(self):
        self.planted("src/sim/s.h", "namespace gallery { struct X; }\ngallery::X* x();\n", "guest")

    def test_a_bench_module_that_depends_on_a_guest_is_found(self):
        self.write("src/sim/CMakeLists.txt", "storm_module(sim DEPENDS core node gallery)")
        self.planted("src/sim/s.h", "", "guest")

    def test_a_guest_that_sees_more_than_it_may_is_found(self):
        self.write("src/gallery/CMakeLists.txt", "storm_module(gallery DEPENDS core node fault)")
        self.planted("src/gallery/g.h", '#include "fault/f.h"\n', "sees")

    def test_a_runner_that_includes_a_world_is_found(self):
        self.write("src/runner/CMakeLists.txt", "storm_module(runner DEPENDS core sim)")
        self.planted("src/runner/r.h", '#include "sim/s.h"\n', "blind")

    def test_an_undeclared_dependency_is_found(self):
        self.planted("src/fault/f.h", '#include "core/a.h"\n')
        self.write("src/fault/CMakeLists.txt", "storm_module(fault)")
        self.planted("src/fault/f.h", "", "depends")

    def test_a_third_party_header_without_leave_is_found(self):
        self.planted("src/core/a.cpp", "#include <yaml-cpp/yaml.h>\n", "third-party")

    def test_an_unknown_third_party_header_is_found(self):
        self.planted("src/core/a.cpp", "#include <boost/asio.hpp>\n", "third-party")

    def test_an_include_that_does_not_start_at_the_root_is_found(self):
        self.planted("src/core/a.cpp", '#include "a.h"\n', "include")

    def test_an_include_of_a_test_file_is_found(self):
        self.planted("src/runner/r_test.cpp", '#include "sim/s_test.cpp"\n', "include")

    def test_a_folder_without_a_row_is_found(self):
        self.write("src/other/x.h", "// x\n#pragma once\n")
        self.assertEqual(["table"], self.rules(layers))

    def test_a_planned_module_that_holds_code_is_found(self):
        self.write("src/later/x.h", "// x\n#pragma once\n")
        self.assertEqual(["table"], self.rules(layers))

    def test_a_built_module_without_a_folder_is_found(self):
        shutil.rmtree(self.root / "src/runner")
        self.assertEqual(["table"], self.rules(layers))

    def test_a_second_folder_belongs_to_its_module(self):
        self.write("src/umbrella/u.h", '// u\n#pragma once\n#include "gallery/g.h"\n')
        self.assertEqual([], self.found(layers))


class Tidy(House):
    def test_a_healthy_tree_is_clean(self):
        self.assertEqual([], self.found(tidy))

    def planted(self, path, text, *rules):
        self.append(path, text)
        self.assertEqual(sorted(rules), self.rules(tidy), self.found(tidy))

    def test_a_long_header_is_found(self):
        self.planted("src/core/a.h", "//\n" * 300, "file-length")

    def test_a_long_source_is_found(self):
        self.planted("src/core/a.cpp", "//\n" * 600, "file-length")

    def test_a_long_line_is_found(self):
        self.planted("src/core/a.h", "// " + "x" * 98 + "\n", "columns")

    def test_columns_are_counted_in_characters_not_bytes(self):
        self.planted("src/core/a.h", "// " + "é" * 97 + "\n")

    def function(self, lines, head="int long_one(int x)", tail="}\n"):
        return f"{head} {{\n" + "x();\n" * (lines - 2) + tail

    def test_a_function_of_the_limit_is_none(self):
        self.planted("src/core/a.cpp", self.function(70))

    def test_a_long_function_is_found(self):
        self.planted("src/core/a.cpp", self.function(71), "function-length")

    def test_a_long_function_in_a_class_in_a_namespace_is_found(self):
        text = "namespace x {\nclass Y : public Z<int> {\n" + self.function(71) + "};\n}\n"
        self.planted("src/core/a.cpp", text, "function-length")

    def test_a_long_function_template_is_found(self):
        head = "template <class T, template <class> class U>\nauto f(T t) -> U<T>"
        self.planted("src/core/a.cpp", self.function(71, head), "function-length")

    def test_a_long_constructor_with_initialisers_is_found(self):
        head = "Y::Y() : a_{1}, b_(2)"
        self.planted("src/core/a.cpp", self.function(71, head), "function-length")

    def test_a_long_test_is_found(self):
        self.planted("src/sim/s_test.cpp", self.function(71, "TEST(A, B)"), "function-length")

    def test_a_long_coroutine_lambda_in_a_table_is_found(self):
        text = self.function(71, "const auto f = [](int x)", "};\n")
        self.planted("src/core/a.cpp", text, "function-length")

    def test_a_long_class_or_table_is_none(self):
        self.planted("src/core/a.cpp", "struct W {\n" + "int x;\n" * 90 + "};\n"
                     "const int t[] = {\n" + "1,\n" * 90 + "};\n")

    def test_braces_in_strings_and_comments_do_not_count(self):
        self.planted("src/core/a.cpp", 'int q() { return f("}}{", \'{\', R"x({{{)x"); } // {{\n'
                     + self.function(71), "function-length")

    def test_a_digit_separator_is_no_quote(self):
        self.planted("src/core/a.cpp", "const int n = 1'000'000; const int m = 0xa'b;\n"
                     + self.function(71), "function-length")

    def test_a_header_without_pragma_once_is_found(self):
        self.write("src/core/b.h", "// b\n#include <vector>\n")
        self.assertEqual(["pragma-once"], self.rules(tidy))

    def test_a_source_whose_own_header_is_not_first_is_found(self):
        self.write("src/core/a.cpp", '#include <vector>\n#include "core/a.h"\n')
        self.assertEqual(["own-header"], self.rules(tidy))

    def test_a_file_that_does_not_say_what_it_is_for_is_found(self):
        self.write("src/core/b.h", "#pragma once\n")
        self.assertEqual(["top-comment"], self.rules(tidy))

    def test_a_top_comment_of_another_file_is_found(self):
        self.write("src/core/b.h", "// core/a.h - an idea.\n#pragma once\n")
        self.assertEqual(["top-comment"], self.rules(tidy))

    def test_names_in_camel_case_or_of_other_kinds_are_found(self):
        for name in ("FooBar.h", "foo-bar.h", "x.hpp"):
            self.write(f"src/core/{name}", "// x\n#pragma once\n")
            self.assertIn("name", self.rules(tidy))
            (self.root / "src/core" / name).unlink()

    def test_a_namespace_opened_in_a_header_is_found(self):
        self.planted("src/core/a.h", "using namespace std;\n", "using-namespace")

    def test_banned_calls_and_headers_are_found(self):
        planted = {
            "sockets": ["#include <sys/socket.h>", "int s = ::socket(1, 2, 3);"],
            "processes": ["#include <sys/wait.h>", "int f() { return fork(); }",
                          'int f() { return std::system("x"); }', "int f() { ::kill(1, 9); }"],
            "threads": ["#include <thread>", "#include <mutex>", "std::mutex* f();",
                        "void f(std::jthread t);"],
            "clocks": ["void f() { std::chrono::steady_clock::now(); }",
                       "void f() { clock_gettime(0, 0); }", "void f() { sleep_for(x); }"],
            "files": ["#include <fstream>", "#include <filesystem>", "int f() { ::open(x, 0); }"],
            "exit": ["void f() { std::abort(); }", "void f() { exit(1); }"],
            "random": ["void f() { std::random_device d; }", "int f() { return rand(); }",
                       "#include <random>", "std::mt19937* f();"],
            "throw": ["void f() { throw 1; }", "#define FAIL(x) throw x"],
            "registration": ["STORM_REGISTER_FAULT(x)"],
            "assert": ["#include <cassert>", "void f() { assert(x); }"],
            "iostream": ["#include <iostream>"],
            "thread_local": ["void f() { thread_local int x; }"],
            "global": ["int counter = 0;", "static std::vector<int> all;", "std::atomic<int> n{};",
                       "namespace {\nstd::map<int, int> seen;\n}"],
        }
        original = HEALTHY["src/sim/s.h"]
        for rule, texts in planted.items():
            for text in texts:
                with self.subTest(rule=rule, text=text):
                    self.write("src/sim/s.h", f"{original}{text}\n")
                    self.assertEqual([rule], self.rules(tidy), self.found(tidy))

    def test_what_only_looks_like_a_banned_call_is_none(self):
        original = HEALTHY["src/sim/s.h"]
        for text in ("void f() { world.kill(1); io.exit(2); bind(x); node::kill(n); }",
                     "void f() { s.rand(); dice::rand(); my_assert(x); static_assert(x); }",
                     "// std::mutex, throw\nconst char* f();  // rand()",
                     'void f() { g("throw fork() std::mutex"); }',
                     "extern int x;\nusing I = int;\nconstexpr int n = 3;\nconst int m = 4;\n"
                     "struct S;\nenum class E { a };\nstruct T { int x = 0; std::map<int, int> y; };",
                     "template <class T>\nconcept C = requires(T t) { t.x; };\n"
                     "inline constexpr std::array<int, 2> t{1, 2};\nint f(int x = 3);"):
            with self.subTest(text=text):
                self.write("src/sim/s.h", f"{original}{text}\n")
                self.assertEqual([], self.found(tidy))

    def test_a_right_of_the_table_is_respected(self):
        self.planted("src/cli/main.cpp", "#include <sys/socket.h>\n")

    def test_a_shared_ptr_without_a_reason_is_found(self):
        self.planted("src/core/a.h", "void f(std::shared_ptr<int> x);\n", "shared_ptr")

    def test_a_shared_ptr_with_a_reason_is_none(self):
        self.planted("src/core/a.h", "// Shared: two runs read it.\nvoid f(std::shared_ptr<int> x);\n")

    def test_an_exception_by_name_lets_one_file_pass(self):
        self.write("tools/tidy_exceptions.txt", "src/core/a.h file-length 400 | a table\n")
        self.planted("src/core/a.h", "//\n" * 300)
        self.planted("src/core/a.h", "//\n" * 100, "file-length")

    def test_an_exception_that_nobody_needs_is_found(self):
        self.write("tools/tidy_exceptions.txt", "src/core/a.h file-length 400 | a table\n")
        self.assertEqual(["stale"], self.rules(tidy))

    def test_an_exception_without_a_reason_is_an_error(self):
        self.write("tools/tidy_exceptions.txt", "src/core/a.h file-length 400\n")
        self.assertRaises(ValueError, self.rules, tidy)


class Docs(House):
    def test_a_healthy_tree_is_clean(self):
        self.assertEqual([], self.found(docs))

    def planted(self, path, text, *rules):
        self.append(path, text)
        self.assertEqual(sorted(rules), self.rules(docs), self.found(docs))

    def test_a_table_that_differs_is_found(self):
        self.planted("tools/layers.txt", "module 3 new planned - - | another\n", "table")

    def test_a_dead_link_is_found(self):
        self.planted("README.md", "[gone](docs/gone.md)\n", "link")

    def test_a_path_that_does_not_exist_is_found(self):
        self.planted("README.md", "`src/core/gone.h`\n", "path")

    def test_a_target_that_does_not_exist_is_found(self):
        self.planted("README.md", "```\nmake everything\n```\n", "target")

    def test_a_decision_without_alternatives_is_found(self):
        self.write("docs/decisions/0002-y.md", "# y\n\n## Decision\n\n## Why\n")
        self.assertEqual(["decision"], self.rules(docs))

    def test_a_decision_longer_than_a_page_is_found(self):
        self.planted("docs/decisions/0001-x.md", "line\n" * 80, "decision")


@unittest.skipUnless(shutil.which("cmake"), "no cmake")
class Build(House):
    """The CMake function refuses what the table forbids (headers alone: no compiler needed)."""

    def configure(self):
        source = Path(__file__).resolve().parents[2] / "cmake" / "storm_module.cmake"
        self.write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\n"
                   "project(x LANGUAGES NONE)\nfunction(target_compile_features)\nendfunction()\n"
                   f"include({source})\nstorm_add_modules()\n")
        command = ["cmake", "-S", self.root, "-B", self.root / "build"]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        return run.returncode, " ".join(run.stderr.split())

    def planted(self, path, text, message):
        for name in ("core/a", "cli/main", "sim/s_test", "runner/r_test"):
            (self.root / f"src/{name}.cpp").unlink()
        self.write(path, text)
        code, said = self.configure()
        self.assertEqual((code != 0, True), (message != "", message in said), said)

    def test_a_healthy_tree_configures(self):
        self.planted("src/core/CMakeLists.txt", "storm_module(core LIBS fmt::fmt)", "")

    def test_an_upward_dependency_is_refused(self):
        self.planted("src/core/CMakeLists.txt", "storm_module(core DEPENDS sim)",
                     "only strictly lower layers")

    def test_a_same_layer_dependency_is_refused(self):
        self.planted("src/node/CMakeLists.txt", "storm_module(node DEPENDS core fault)",
                     "only strictly lower layers")

    def test_a_library_without_leave_is_refused(self):
        self.planted("src/core/CMakeLists.txt", "storm_module(core LIBS yaml-cpp)",
                     "may not link 'yaml-cpp'")

    def test_a_module_without_a_row_is_refused(self):
        self.planted("src/core/CMakeLists.txt", "storm_module(core DEPENDS nowhere)",
                     "has no row")


if __name__ == "__main__":
    unittest.main()
