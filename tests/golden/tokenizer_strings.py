"""Seeded Unicode strings of every kind that a tokenizer can meet. No surrogates: they have no UTF-8."""

import random
import unicodedata

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
           "<|video_pad|>", "<tool_call>", "</tool_call>", "<think>", "</think>", "<|fim_prefix|>"]
# First and last code point of blocks, several scripts each side of what a word is.
BLOCKS = [
    (0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x250, 0x2AF), (0x370, 0x3FF), (0x400, 0x52F), (0x531, 0x58F),
    (0x5D0, 0x5F4), (0x600, 0x6FF), (0x700, 0x74F), (0x780, 0x7BF), (0x900, 0x97F), (0x980, 0x9FF), (0xA00, 0xA7F),
    (0xB80, 0xBFF), (0xC00, 0xC7F), (0xD00, 0xD7F), (0xE00, 0xE7F), (0xE80, 0xEFF), (0xF00, 0xFFF), (0x1000, 0x109F),
    (0x10A0, 0x10FF), (0x1100, 0x11FF), (0x1200, 0x137F), (0x13A0, 0x13FF), (0x1780, 0x17FF), (0x1800, 0x18AF),
    (0x1E00, 0x1EFF), (0x1F00, 0x1FFF), (0x2070, 0x209C), (0x2100, 0x218F), (0x2C00, 0x2C5F), (0x3041, 0x30FF),
    (0x3105, 0x312F), (0x3400, 0x34FF), (0x4E00, 0x9FFF), (0xA000, 0xA48C), (0xA720, 0xA7FF), (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF), (0xFB00, 0xFB4F), (0xFE70, 0xFEFF), (0xFF00, 0xFFEF), (0x10000, 0x100FF), (0x10400, 0x1044F),
    (0x105C0, 0x105FF), (0x10D40, 0x10D8F), (0x11000, 0x1107F), (0x11380, 0x113FF), (0x16D40, 0x16D79),
    (0x1D400, 0x1D7FF), (0x1E900, 0x1E95F), (0x20000, 0x2A6DF), (0x2EBF0, 0x2EE5D), (0x2F800, 0x2FA1D),
    (0x30000, 0x323AF)]
SENTENCES = [
    "The walker turns left at the fountain, passes two red pillars and goes straight on to the door.",
    "It's 7:45 - don't wait; we'll meet where you've left it, I'd say, and they're late.",
    "Im Fr\u00fchling gr\u00fc\u00dfte er die M\u00e4nner an der Br\u00fccke.", "L'\u00e9t\u00e9, \u00e0 No\u00ebl : \u00ab o\u00f9 \u00e7a ? \u00bb",
    "\u041f\u043e\u0432\u0435\u0440\u043d\u0438\u0442\u0435 \u043d\u0430\u043b\u0435\u0432\u043e \u0443 \u0444\u043e\u043d\u0442\u0430\u043d\u0430.", "\u5728\u55b7\u6cc9\u5904\u5411\u5de6\u8f6c\uff0c\u7136\u540e\u76f4\u8d70\u5230\u7b2c3\u4e2a\u95e8\u3002",
    "\u5674\u6c34\u306e\u3068\u3053\u308d\u3067\u5de6\u306b\u66f2\u304c\u3063\u3066\u304f\u3060\u3055\u3044\u3002", "\ubd84\uc218\ub300\uc5d0\uc11c \uc67c\ucabd\uc73c\ub85c \ub3c4\uc138\uc694.",
    "\u0627\u0646\u0639\u0637\u0641 \u064a\u0633\u0627\u0631\u064b\u0627 \u0639\u0646\u062f \u0627\u0644\u0646\u0627\u0641\u0648\u0631\u0629\u060c", "\u092b\u0935\u094d\u0935\u093e\u0930\u0947 \u092a\u0930 \u092c\u093e\u090f\u0901 \u092e\u0941\u0921\u093c\u0947\u0902\u0964", "\u0e40\u0e25\u0e35\u0e49\u0e22\u0e27\u0e0b\u0e49\u0e32\u0e22\u0e17\u0e35\u0e48\u0e19\u0e49\u0e33\u0e1e\u0e38", "R\u1ebd tr\u00e1i \u1edf \u0111\u00e0i phun n\u01b0\u1edbc."]
CODE = ["def", "return", "for", "if", "!=", "==", "->", "=>", "&&", "::", "<<", ">>=", "(", ")", "[]", "{", "}", ";", ",", ".",
        "0x1F", "1e-9", "3.14", "\"text\\n\"", "'c'", "// note", "/* x */", "# todo", "std::vector<int>", "lambda x:",
        "self.value", "snake_case", "camelCase", "SCREAMING_CASE", "a[i][j]", "%d", "${HOME}", "https://a.b/c?d=e#f",
        "\\begin{x}", "<div class=\"y\">", "</div>", "SELECT *", "&nbsp;"]
SPACES = [" ", "  ", "    ", "\n", "\n\n", "\r\n", "\r", "\t", "\t\t", "\v", "\f", "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028",
          "\u2029", "\u202f", "\u205f", "\u3000", "\u180e", "\u200b", "\ufeff"]
DIGITS = "0123456789\u0660\u0665\u06f3\u0967\u09ea\uff11\uff19\u00b2\u00bd\u2167\u2460\u3007\u4e09\U0001d7d8\U00010a40\U0001fbf3"
EMOJI = ["\U0001f600", "\U0001f468", "\U0001f469", "\U0001f467", "\u2764\ufe0f", "\U0001f3fd", "\u200d", "\U0001f1e9\U0001f1ea",
         "\U0001f1eb", "1\ufe0f\u20e3", "\u2640\ufe0f", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001fae8", "\U0001f680", "\u2b50"]
APOSTROPHES = ["'s", "'T", "'re", "'VE", "'m", "'Ll", "'d", "'\u017f", "'ss", "'lL", "'x", "''", "\u2019s", "'", "'r", "'v", "'\ufb06", "'1"]


class Strings:
    def __init__(self, seed):
        self.random = random.Random(seed)
        everything = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
        self.marks = [c for c in everything if unicodedata.category(c)[0] == "M"]
        self.unstable = [c for c in everything if unicodedata.normalize("NFC", c) != c]
        self.decomposed = [unicodedata.normalize("NFD", c) for c in everything if unicodedata.normalize("NFD", c) != c]
        self.kinds = [self.anything, self.low, self.controls, self.scripts, self.code, self.emoji, self.digits,
                      self.combining, self.jamo, self.unstable_text, self.special, self.spaces, self.apostrophes,
                      self.sentence, self.repeated, self.scripts, self.sentence]

    def some(self, low, high, make, join=""):
        return join.join(make() for _ in range(self.random.randint(low, high)))

    def pick(self, choices):
        return lambda: self.random.choice(choices)

    def code_point(self, first, last):
        while True:
            code_point = self.random.randint(first, last)
            if not 0xD800 <= code_point < 0xE000:
                return chr(code_point)

    def anything(self):
        plane = self.random.choice([0, 0, 0, 0, 1, 1, 2, 3, 14, 15, 16, self.random.randint(4, 13)])
        return self.some(1, 12, lambda: self.code_point(plane << 16, (plane << 16) + 0xFFFF))

    def low(self):
        return self.some(1, 30, lambda: self.code_point(0, 0x2FF))

    def controls(self):
        return self.some(1, 10, lambda: self.random.choice(
            [chr(self.random.randrange(0x20)), chr(self.random.randint(0x7F, 0x9F)), "\u200e", "\u202e", "\u2066", "\u00ad",
             "\ufffe", "\uffff", "\ufffd", "\U000e0001", "x", " "]))

    def word(self):
        first, last = self.random.choice(BLOCKS)
        return self.some(1, 8, lambda: self.code_point(first, last))

    def scripts(self):
        return self.some(1, 8, self.word, self.random.choice([" ", " ", "", ", ", "-", "\n"]))

    def code(self):
        return self.some(1, 12, self.pick(CODE), self.random.choice([" ", "", "\n    ", "\n\t", "  "]))

    def emoji(self):
        return self.some(1, 8, self.pick(EMOJI))

    def digits(self):
        return self.some(1, 14, self.pick(DIGITS)) + self.random.choice(["", ".5", ",000", "%", "\u20ac", "kg"])

    def combining(self):
        marks = lambda: self.some(0, 5, self.pick(self.marks))
        return self.some(1, 6, lambda: self.random.choice([self.code_point(0x20, 0x24F), self.word()[0]]) + marks())

    def jamo(self):
        return self.some(1, 8, lambda: self.code_point(*self.random.choice(
            [(0x1100, 0x1112), (0x1161, 0x1175), (0x11A7, 0x11C3), (0xAC00, 0xD7A3), (0x1113, 0x1160)])))

    def unstable_text(self):
        return self.some(1, 6, lambda: self.random.choice(self.random.choice([self.unstable, self.decomposed])))

    def special(self):
        def piece():
            token = self.random.choice(SPECIAL)
            cut = self.random.randint(1, len(token))
            return self.random.choice([token, token, token[:cut], token[cut:], "<|", "|>", " ", "\n", "user", "e\u0301"])
        return self.some(1, 8, piece)

    def spaces(self):
        return self.some(1, 8, lambda: self.random.choice(SPACES) * self.random.randint(1, 3)
                         + self.random.choice(["", "", "a", "!", "7"]))

    def apostrophes(self):
        return self.some(1, 6, lambda: self.random.choice(["", "it", "WE", "\u00e9", " "]) + self.random.choice(APOSTROPHES))

    def sentence(self):
        text = self.random.choice(SENTENCES)
        cut = self.random.randrange(len(text))
        return self.random.choice([text, text[cut:], text[:cut], text.upper(), text.swapcase()])

    def repeated(self):
        unit = self.random.choice([self.code_point(0x20, 0x7E), self.word()[0], "ab", "!?", "\n", " ", "\u0301", "<|im_start"])
        return unit * self.random.randint(2, 90)

    def next(self):
        return self.some(1, 3, lambda: self.random.choice(self.kinds)())
