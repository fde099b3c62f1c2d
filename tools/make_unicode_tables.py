#!/usr/bin/env python3
"""Writes model/unicode_tables.cc: the character classes that the reference tokenizer library uses.

    pip install tokenizers==0.22.2
    python3 tools/make_unicode_tables.py

Every class is read out of the library by asking it about each code point, because it mixes versions of Unicode:
its regular expressions know Unicode 16, its normaliser Unicode 9. Ids must be those a model was trained with.
"""

import pathlib
import subprocess
import unicodedata

from tokenizers import Regex, normalizers, pre_tokenizers

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "model" / "unicode_tables.cc"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CHUNK = 256
# Each has a canonical combining class of its own and has had it since Unicode 3.
CLASS_WITNESSES = "\u0334\u093c\u3099\u094d\u05b0\u064e\u0327\u0323\u0301\u0345"

HEADER = """\
// Written by tools/make_unicode_tables.py; do not edit.
#include "model/unicode_tables.h"

namespace retrace::model {

// Ranges of code points, both ends included, in hexadecimal.
"""


def matches_of(pattern):
    """The code points that a one-character pattern matches."""
    split = pre_tokenizers.Split(Regex(pattern), behavior="removed")
    found = set()
    for begin in range(0, len(CODE_POINTS), CHUNK):
        chunk = CODE_POINTS[begin : begin + CHUNK]
        kept = "".join(piece for piece, _ in split.pre_tokenize_str("".join(map(chr, chunk))))
        found.update(set(chunk) - set(map(ord, kept)))
    return found


def word_characters():
    """What added tokens with single_word take for a part of a word: \\w of another regex engine."""
    words = pre_tokenizers.Whitespace()
    return {c for c in CODE_POINTS if words.pre_tokenize_str("a" + chr(c)) == [("a" + chr(c), (0, 2))]}


def moves(nfc, text):
    return nfc(text) != text


def combining_marks(nfc, marks):
    """Marks that the normaliser reorders: those whose combining class it takes to be other than 0."""
    found = set()
    for code_point in marks:
        mark = chr(code_point)
        if moves(nfc, mark):
            continue  # decomposes
        if any(moves(nfc, f"!{a}{b}") and len(nfc(f"!{a}{b}")) == 3
               for witness in CLASS_WITNESSES for a, b in ((mark, witness), (witness, mark))):
            found.add(code_point)
    return found


def active_characters(nfc, combining):
    """Those that normalisation may change, move or join to the character before."""
    active = set(combining) | {c for c in CODE_POINTS if moves(nfc, chr(c))}
    for code_point in CODE_POINTS:
        parts = unicodedata.decomposition(chr(code_point)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            pair = chr(int(parts[0], 16)) + chr(int(parts[1], 16))
            if moves(nfc, pair):
                active.add(int(parts[1], 16))
    return active | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))  # vowels and tails of Hangul


def as_ranges(code_points):
    ranges = []
    for code_point in sorted(code_points):
        if ranges and ranges[-1][1] == code_point - 1:
            ranges[-1][1] = code_point
        else:
            ranges.append([code_point, code_point])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in ranges)


def as_literal(text):
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) > 90:
            lines.append(line)
            line = ""
        line += word + " "
    return "\n".join(f'    "{line}"' for line in [*lines, line])


def main():
    nfc = normalizers.NFC().normalize_str
    letters, numbers, marks = matches_of(r"\p{L}"), matches_of(r"\p{N}"), matches_of(r"\p{M}")
    combining = combining_marks(nfc, marks)
    tables = {
        "kLetterRanges": letters,
        "kNumberRanges": numbers,
        "kMarkRanges": marks,
        "kSpaceRanges": matches_of(r"\s"),
        "kWordRanges": word_characters() - letters - marks,
        "kCombiningRanges": combining,
        "kNfcActiveRanges": active_characters(nfc, combining),
    }
    text = HEADER
    for name, code_points in tables.items():
        text += f"const char* const {name} =\n{as_literal(as_ranges(code_points))};\n"
    OUTPUT.write_text(text + "\n}  // namespace retrace::model\n")
    subprocess.run(["clang-format", "-i", str(OUTPUT)], check=True)


if __name__ == "__main__":
    main()
