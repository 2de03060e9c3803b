#!/usr/bin/env python3
"""What readers are told is there: docs/flags.md has the flags of the programs with their defaults, in alphabetical
order; links of the README and of docs/ lead somewhere; every room has a short README, and files that it names exist.

docs_test.py --root CHECKOUT PROGRAM...
"""
import argparse
import os
import re
import subprocess
import sys

import program_lib

PAGE = os.path.join("docs", "flags.md")
# "  -m,--model TEXT=x   what it does": names, and what stands before the text.
HELP_LINE = re.compile(r"^  (-\S+)(.*)$")
DEFAULT = re.compile(r"^ *[A-Z]+(?::[A-Z]+)?=(?!\[)(\S+)")  # lists aside
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
LAYERS = ["kernels", "model", "parallel", "planning", "bench", "tests"]
MOST_LINES = 10
CONTRACT = os.path.join("kernels", "cpu", "README.md")  # of the numerics, as long as it takes
FILE_NAME = re.compile(r"`([\w./-]+\.(?:h|cc|cu|py|md|txt|yaml))`")


def flags_of(program):
    """{flag: default or None} as --help has them."""
    result = program_lib.run([program, "--help"])
    if result.problems():
        sys.exit(result.show())
    flags = {}
    for line in result.out.splitlines():
        match = HELP_LINE.match(line)
        if not match:
            continue
        default = DEFAULT.match(match[2])
        for name in match[1].split(","):
            if name.startswith("-"):
                flags[re.sub(r"[={].*", "", name)] = default[1] if default else None
    return flags


def table_of(path):
    """[(flags, programs, default)] of the page, a row each."""
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if len(cells) == 5 and cells[0].startswith("`-"):
                rows.append((re.findall(r"`(-[^`]*)`", cells[0]), cells[1].split(", "), cells[2].strip("`")))
    return rows


def unexplained(root):
    """Lines that say which rows lead to a page that does not name the flag."""
    with open(os.path.join(root, PAGE), encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if len(cells) != 5 or not cells[0].startswith("`-"):
                continue
            names = re.findall(r"`(--[^`]*)`", cells[0])
            for target in re.findall(r"\]\(([^)#]*)", cells[4]):
                with open(os.path.join(root, os.path.dirname(PAGE), target), encoding="utf-8") as page:
                    text = page.read()
                if not any(re.search(re.escape(name) + r"(?![\w-])", text) for name in names):
                    yield f"{PAGE}: {names[0]} leads to {target}, which does not name it"


def compare(rows, programs):
    """Lines that say how the table differs from the programs."""
    told = {}
    for names, users, default in rows:
        for user in users:
            for name in names:
                if (user, name) in told:
                    yield f"{name} of {user} has two rows"
                told[user, name] = default
    known = {(program, name): default for program, flags in programs.items() for name, default in flags.items()}
    for program, name in sorted(known.keys() - told.keys()):
        yield f"{name} of {program} has no row; add one"
    for program, name in sorted(told.keys() - known.keys()):
        yield f"{name} of {program} has a row, but --help does not have it; remove or rename it"
    for key in sorted(known.keys() & told.keys()):
        if known[key] is not None and known[key] != told[key]:
            yield f"{key[1]} of {key[0]}: the row has the default '{told[key]}', --help '{known[key]}'"


def unsorted(rows):
    """Rows that are not where a reader would look."""
    keys = [next(name for name in names if name.startswith("--")).lower() for names, _, _ in rows]
    for before, after in zip(keys, keys[1:]):
        if before > after:
            yield f"{after} stands after {before}: the table is alphabetical"


def anchor_of(heading):
    """The anchor that a heading has on the web."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken_links(root, page):
    """Links of a page to files or headings that do not exist."""
    with open(os.path.join(root, page), encoding="utf-8") as file:
        text = file.read()
    for link in LINK.findall(text):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(root, os.path.dirname(page), path)) if path else os.path.join(root, page)
        if not os.path.exists(target):
            yield f"{page}: {link}: no such file"
        elif anchor:
            with open(target, encoding="utf-8") as file:
                headings = re.findall(r"^#+ (.*)$", file.read(), re.MULTILINE)
            if anchor not in map(anchor_of, headings):
                yield f"{page}: {link}: no such heading"


def rooms(root):
    """Folders of the layers that have a CMakeLists.txt, down to the rooms."""
    for layer in LAYERS:
        yield layer
        for name in sorted(os.listdir(os.path.join(root, layer))):
            if os.path.exists(os.path.join(root, layer, name, "CMakeLists.txt")):
                yield os.path.join(layer, name)


def room_problems(root, room):
    """What is wrong with a room's README."""
    page = os.path.join(room, "README.md")
    if not os.path.exists(os.path.join(root, page)):
        yield f"{page}: missing; say what lives there, what may not, and which three files to read first"
        return
    with open(os.path.join(root, page), encoding="utf-8") as file:
        text = file.read()
    if page == CONTRACT:
        return
    if text.count("\n") > MOST_LINES:
        yield f"{page}: {text.count(chr(10))} lines, at most {MOST_LINES}"
    if len(FILE_NAME.findall(text.partition("Read first")[2])) < 3:
        yield f"{page}: names no three files after 'Read first'"
    for name in FILE_NAME.findall(text):
        if not any(os.path.exists(os.path.join(root, place, name)) for place in [room, os.path.dirname(room), ""]):
            yield f"{page}: no file {name}"


def gpu_problems(root):
    """Whether the tables of docs/gpu.md are those of the results that are kept."""
    done = subprocess.run([sys.executable, os.path.join(root, "scripts", "gpu_page"), "--check"],
                          capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [done.stderr.strip()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("programs", nargs="+")
    options = parser.parse_args()
    rows = table_of(os.path.join(options.root, PAGE))
    # The page writes `run` for jupiter_run.
    programs = {os.path.basename(program).replace("jupiter_", ""): flags_of(program) for program in options.programs}
    problems = [f"{PAGE}: {line}" for line in [*compare(rows, programs), *unsorted(rows)]]
    problems += unexplained(options.root)
    docs = [os.path.join("docs", name) for name in sorted(os.listdir(os.path.join(options.root, "docs")))]
    for page in ["README.md", *(page for page in docs if page.endswith(".md"))]:
        problems += broken_links(options.root, page)
    problems += gpu_problems(options.root)
    for room in rooms(options.root):
        problems += room_problems(options.root, room)
    print(f"{len(rows)} rows, {sum(map(len, programs.values()))} flags of {len(programs)} programs")
    print("\n".join(problems) or "all of it is there")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
