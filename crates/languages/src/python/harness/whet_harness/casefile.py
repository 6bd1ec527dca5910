"""Files of cases, as core::cases has them: magic, then header (JSON), input and outcome, each with its length."""

import json
import os
import struct

MAGIC = b"WHETCASE1\n"
_LENGTH = struct.Struct("<I")

# The fields of core's CaseHeader with what they are where nothing is known.
HEADER = {
    "id": "",
    "mode": "replay",
    "origin": "recorded",
    "weight": 1,
    "position": 0,
    "size": 0,
    "elapsed_ns": 0,
    "sequence": "",
    "caller": "",
    "types": "",
    "ends": "",
    "opaque": "",
}


class Case:
    """One recorded or generated call: header (a dict with HEADER's keys), input and outcome bytes."""

    __slots__ = ("header", "input", "outcome")

    def __init__(self, header, input, outcome):
        self.header = dict(HEADER, **header)
        self.input = input
        self.outcome = outcome


def pack(case):
    """Answers one case's bytes, lengths included."""
    header = json.dumps(case.header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
    parts = []
    for part in (header, case.input, case.outcome):
        parts.append(_LENGTH.pack(len(part)))
        parts.append(part)
    return b"".join(parts)


def write(path, cases):
    """Writes a whole file in place of what stands at `path`; a reader sees the old or the new one."""
    beside = "%s.%d.tmp" % (path, os.getpid())
    with open(beside, "wb") as file:
        file.write(MAGIC)
        for case in cases:
            file.write(pack(case))
    os.replace(beside, path)


def read(path):
    """Reads a whole file of cases; ValueError if it is cut or none."""
    with open(path, "rb") as file:
        return parse(file.read())


def parse(data):
    """Reads a file's bytes."""
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError("not a file of cases: it does not start with WHETCASE1")
    cases, place = [], len(MAGIC)
    while place < len(data):
        parts = []
        for _ in range(3):
            if place + 4 > len(data):
                raise ValueError("the file of cases is cut")
            (length,) = _LENGTH.unpack_from(data, place)
            part = data[place + 4 : place + 4 + length]
            if len(part) != length:
                raise ValueError("the file of cases is cut")
            parts.append(part)
            place += 4 + length
        cases.append(Case(json.loads(parts[0]), parts[1], parts[2]))
    return cases
