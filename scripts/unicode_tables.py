#!/usr/bin/env python3
"""Writes model/tokenizers/unicode_tables.cc: the letters and numbers of Unicode as ranges.

Usage: scripts/unicode_tables.py > model/tokenizers/unicode_tables.cc

The Unicode version is that of the Python which runs it; the file states it.
"""

import sys
import textwrap
import unicodedata

WIDTH = 100


def ranges(major):
    """Closed ranges of the code points whose general category begins with `major`."""
    found = []
    for code_point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code_point))[0] != major:
            continue
        if found and found[-1][1] == code_point - 1:
            found[-1][1] = code_point
        else:
            found.append([code_point, code_point])
    return found


def print_table(name, comment, rows):
    print(f"// {comment}")
    print(f"constexpr UnicodeRange {name}[] = {{")
    # Ranges break at the spaces between them only, so theirs are written last.
    cells = " ".join(f"{{0x{first:x},_0x{last:x}}}," for first, last in rows)
    lines = textwrap.wrap(cells, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 4)
    print("\n".join(lines).replace("_", " "))
    print("};")
    print()


def main():
    print(f"""\
// Written by scripts/unicode_tables.py from the general categories of Unicode {unicodedata.unidata_version}.
#include "model/tokenizers/unicode.h"

namespace jupiter {{
namespace {{

// clang-format off""")
    print_table("kLetters", "Lu, Ll, Lt, Lm, Lo", ranges("L"))
    print_table("kNumbers", "Nd, Nl, No", ranges("N"))
    print("""\
// clang-format on

}  // namespace

std::span<const UnicodeRange> LetterRanges() { return kLetters; }
std::span<const UnicodeRange> NumberRanges() { return kNumbers; }

}  // namespace jupiter""")


if __name__ == "__main__":
    main()
