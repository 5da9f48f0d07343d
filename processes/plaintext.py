"""What is typed as it is stored: no control characters, which no file or screen could hold. Pure.

They come with what is pasted from a word processor, a terminal or a PDF. What means a new line there becomes
one; `files.yamlsource` refuses the others, so a process would not come back from its own file.
"""

from __future__ import annotations

import re

LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
"""What starts a new line, written in another way."""
CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""What takes no room or turns the direction of what follows: a name of these alone can't be read (A22)."""


def lines(text: str) -> str:
    """A text of several lines."""
    return UNSEEN.sub("", CONTROLS.sub("", LINE_ENDS.sub("\n", text)))


def line(text: str) -> str:
    """A text of one line: a blank stands for the end of each."""
    return lines(text).replace("\n", " ")
