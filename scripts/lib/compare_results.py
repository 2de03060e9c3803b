#!/usr/bin/env python3
"""Lists what differs between the results of two commits (see scripts/same_results).

compare_results.py [--left-out TEXT]... NAME OLD_FOLDER NEW_FOLDER PART...

PART is hashes, rows or greedy: a file of that name in both folders. Prints a line per change, "PART
KEY: OLD -> NEW", then one line that sums up, with what was left out. Exit code 0 when nothing
changed, 1 when something did.
"""
import argparse
import json
import os
import sys

# What makes a row of results.jsonl the cell that it is; all else is its content.
CELL = ["suite", "profile", "env", "bandwidth_mbps", "model", "system", "policy", "variation"]
MISSING = "(none)"


def read_hashes(text):
    """A line "NAME HASH" each."""
    return dict(line.rsplit(" ", 1) for line in text.splitlines())


def read_greedy(text):
    """A line "RUN: ids" each."""
    return dict(line.split(": ", 1) for line in text.splitlines())


def read_rows(text):
    """JSON lines, an entry per number: {"cell key[index]": text}."""
    entries, seen = {}, {}
    for line in text.splitlines():
        row = json.loads(line)
        cell = "/".join(str(row[key]) for key in CELL if row.get(key) not in (None, ""))
        seen[cell] = seen.get(cell, 0) + 1
        if seen[cell] > 1:
            cell = f"{cell} #{seen[cell]}"
        for key, value in flat(row):
            entries[f"{cell} {key}"] = value
    return entries


def flat(value, key=""):
    """(path, JSON text) of every leaf."""
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from flat(part, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and value:
        for index, part in enumerate(value):
            yield from flat(part, f"{key}[{index}]")
    else:
        yield key, json.dumps(value, ensure_ascii=False)


READERS = {"hashes": read_hashes, "rows": read_rows, "greedy": read_greedy}
NOUNS = {"hashes": "hashes", "rows": "numbers of rows", "greedy": "greedy texts"}


def first_other(old, new):
    """Of two lists of ids: where they part; of anything else, both."""
    olds, news = old.split(), new.split()
    if not all(word.isdigit() for word in olds + news):
        return old, new
    at = next((i for i, pair in enumerate(zip(olds, news)) if pair[0] != pair[1]),
              min(len(olds), len(news)))
    tell = (lambda ids: f"token {at} is {ids[at]}" if at < len(ids) else f"{len(ids)} tokens")
    return tell(olds), tell(news)


def changes(part, old, new):
    """(key, old, new) of every entry that is not the same in two texts of a part."""
    olds, news = READERS[part](old), READERS[part](new)
    for key in [*olds, *(key for key in news if key not in olds)]:
        pair = olds.get(key, MISSING), news.get(key, MISSING)
        if pair[0] != pair[1]:
            yield (key, *(first_other(*pair) if part == "greedy" and MISSING not in pair else pair))


def read(folder, part):
    with open(os.path.join(folder, part), encoding="utf-8") as file:
        return file.read()


def counted(changed, noun):
    """Entries that differ, and "new: 2 hashes" and the like of those that only one side has."""
    new = sum(old == MISSING for _, old, _ in changed)
    gone = sum(now == MISSING for _, _, now in changed)
    others = [f"{what}: {count} {noun}" for what, count in (("new", new), ("gone", gone)) if count]
    return len(changed) - new - gone, others


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--left-out", action="append", default=[])
    parser.add_argument("name")
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("parts", nargs="+", choices=READERS)
    options = parser.parse_args()
    counts, others, same = [], [], True
    for part in options.parts:
        old, new = read(options.old, part), read(options.new, part)
        changed = list(changes(part, old, new))
        for change in changed:
            print("{} {}: {} -> {}".format(part, *change))
        differ, more = counted(changed, NOUNS[part])
        counts.append(f"{differ} of {len(READERS[part](new))} {NOUNS[part]}")
        others += more
        same = same and not changed
    print("; ".join([f"{'SAME as' if same else 'CHANGED since'} {options.name}: {', '.join(counts)} differ", *others,
                     *(f"left out: {text}" for text in options.left_out)]))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
