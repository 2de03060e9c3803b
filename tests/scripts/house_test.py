#!/usr/bin/env python3
"""scripts/house: how it reads C++, and that its checks find what they are for."""
import importlib.machinery
import importlib.util
import os
import sys
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts")
sys.path.insert(0, os.path.join(SCRIPTS, "lib"))
sys.dont_write_bytecode = True
import cpp_functions  # noqa: E402  pylint: disable=wrong-import-position
import room_graph  # noqa: E402  pylint: disable=wrong-import-position


def load_house():
    loader = importlib.machinery.SourceFileLoader("house", os.path.join(SCRIPTS, "house"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("house", loader))
    loader.exec_module(module)
    return module


house = load_house()


def rooms_of(sources):
    rooms = {}
    for path, text in sources.items():
        folder = house.room_of(path)
        rooms.setdefault(folder, house.Room(folder)).sources[path] = text
    return rooms


class PythonFunctions(unittest.TestCase):
    def test_long_ones_are_found(self):
        body = "    pass\n" * 60
        self.assertEqual(list(house.long_python_functions("a.py", f"def f():\n{body}")),
                         ["a.py:1: f has 61 lines"])
        self.assertEqual(list(house.long_python_functions("a.py", f"def f():\n{body[:-9]}")), [])


class Functions(unittest.TestCase):
    def found(self, text):
        return [(f.name, f.line, f.lines) for f in cpp_functions.functions(text)]

    def test_functions_methods_and_constructors(self):
        self.assertEqual(self.found("""\
namespace a {
struct S : Base<int> {
  S() : x_{1},
        y_(f({2})) {
    x_ = 3;
  }
  int Get() const { return x_; }
  int x_ = 0;
  std::vector<int> z_{1, 2};
};

template <typename T, typename = std::enable_if_t<(sizeof(T) > 2)>>
std::vector<T>
Make(const std::map<int, int>& m = {}) {
  return {};
}
}  // namespace a
"""), [("S", 3, 4), ("Get", 7, 1), ("Make", 12, 5)])

    def test_what_is_no_function(self):
        self.assertEqual(self.found("""\
enum class E : std::uint8_t { kA, kB };
const std::vector<int> kTable = {1, 2};
const Row kRows[] = {
    {"a", Of(1)},
};
using F = void (*)(int);
void Declared(int = 3);
constexpr auto kMade = Make({1, 2});
"""), [])

    def test_operators_lambdas_and_parameters(self):
        self.assertEqual(self.found("""\
bool operator==(const A& a, const A& b) { return true; }
void operator()(int) {
}
const auto kLess = [](int a, int b) {
  return a < b;
};
void Run(const std::function<void()>& f = [] {}) {
  const auto inner = [&] { f(); };
}
"""), [("operator", 1, 1), ("operator", 2, 2), ("lambda", 4, 3), ("Run", 7, 3)])

    def test_braces_that_are_no_code(self):
        self.assertEqual(self.found('''\
#define OPEN {
#if A
const char* kText = "{";  // {
#endif
const char kChar = '{';
const char* kRaw = R"x({ ")" {
)x";
const int kBig = 1'000'000;
/* { */ void F() { g("}", '"'); }
'''), [("F", 9, 1)])

    def test_says_where_a_brace_is_missing(self):
        with self.assertRaisesRegex(ValueError, "line 2"):
            cpp_functions.functions("int a;\nvoid F() {\n")


class Graph(unittest.TestCase):
    GRAPH = {"a": {"b", "c"}, "b": {"c"}, "c": set()}

    def test_circles(self):
        self.assertEqual(room_graph.cycle_in(self.GRAPH), [])
        self.assertEqual(room_graph.cycle_in({**self.GRAPH, "c": {"a"}}), ["a", "b", "c", "a"])

    def test_leaves_out_links_that_a_longer_way_stands_for(self):
        self.assertEqual(room_graph.without_shortcuts(self.GRAPH), {"a": {"b"}, "b": {"c"}, "c": set()})

    def test_reads_links_of_cmake(self):
        text = '    "node1" -> "node2"  // jupiter_x -> jupiter_y\n    "n1" -> "n3" // jupiter_x -> fmt::fmt\n'
        self.assertEqual(room_graph.rooms_of(text, {"jupiter_x": "f/x", "jupiter_y": "f/y"}),
                         {"f/x": {"f/y"}, "f/y": set()})


class Checks(unittest.TestCase):
    def broken(self, name, sources):
        find = next(find for check, find, _ in house.CHECKS if check == name)
        return list(find(rooms_of(sources)))

    def test_rooms_that_include_each_other(self):
        sources = {"bench/a/x.h": '#include "bench/b/y.h"\n', "bench/b/y.h": '#include "bench/a/x.h"\n'}
        self.assertEqual(len(self.broken("includes in a circle", sources)), 2)
        sources["bench/b/y.h"] = ""
        self.assertEqual(self.broken("includes in a circle", sources), [])

    def test_a_function_that_is_too_long(self):
        for lines, broken in [(57, []), (58, []), (59, ["bench/a/x.cc:1: F has 61 lines"])]:
            text = "void F() {\n" + "  G();\n" * lines + "}\n"
            self.assertEqual(self.broken("function length", {"bench/a/x.cc": text}), broken)

    def test_a_room_that_is_too_large(self):
        sources = {f"bench/a/x{i}.h": "" for i in range(40)}
        self.assertEqual(self.broken("room size", sources), [])
        self.assertEqual(self.broken("room size", {**sources, "bench/a/y.cc": ""}), ["bench/a: 41 sources"])

    def test_a_source_without_its_header(self):
        sources = {"bench/a/x.cc": "", "bench/a/y.cc": "", "bench/a/y.h": "", "bench/program.cc": ""}
        self.assertEqual(self.broken("header of its name", sources), ["bench/a/x.cc: no x.h beside it"])

    def test_a_strategy_told_apart_by_its_name(self):
        sources = {"bench/a/x.cc": 'int a;\nif (name == "galaxy") {}\n',
                   "parallel/strategies/galaxy.cc": 'return {"galaxy"};\nIs("local");\n',
                   "planning/planners/registry.cc": '{"local", PlanLocal},\n'}
        self.assertEqual(self.broken("strategy names", sources),
                         ['bench/a/x.cc:2: if (name == "galaxy") {}',
                          'parallel/strategies/galaxy.cc:2: Is("local");'])


if __name__ == "__main__":
    unittest.main()
