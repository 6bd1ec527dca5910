"""Lines and branches of the targets that calls reach; also Instrument::Coverage.

A branch is a conditional jump of the bytecode with one of its two ways: of a condition, a part of an
`and`, a loop, an `except` clause, also inside comprehensions and nested functions of the target. It
is named by its place in the source (line, column from 3.11 on), so that copies of one place that
the compiler made are one branch. From 3.12 on sys.monitoring tells of each way once and costs nothing
afterwards; before, the target's own frames are traced by opcode.
"""

import atexit
import dis
import json
import os
import sys
import threading
import types

_CONDITIONAL = ("POP_JUMP_IF", "POP_JUMP_FORWARD_IF", "POP_JUMP_BACKWARD_IF", "JUMP_IF", "FOR_ITER")
_PROLOGUE = {"RESUME", "COPY_FREE_VARS", "MAKE_CELL", "RETURN_GENERATOR", "POP_TOP", "GEN_START", "CACHE"}
_OPTIMIZED = 0x3


class Jump:
    """One conditional jump: `ways` names what it means to fall through and to jump."""

    __slots__ = ("line", "column", "next", "ways", "lines")

    def __init__(self, line, column, next_offset, ways, lines):
        self.line = line
        self.column = column
        self.next = next_offset
        self.ways = ways
        self.lines = lines


class Arc(tuple):
    """`(line, column, way, line it leads to)`."""

    __slots__ = ()

    def __str__(self):
        line, column, way, to = self
        place = "line %d" % line if column < 0 else "line %d:%d" % (line, column)
        return "%s (%s) -> %s" % (place, way, "line %d" % to if to else "end")


def nested(code):
    """A code object with all that are defined in it."""
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found.extend(nested(constant))
    return found


def find_code(module_code, qualname, line):
    """Finds a function's code in its module's by qualified name, the one at `line` before others."""
    found = []

    def visit(code, prefix):
        for constant in code.co_consts:
            if not isinstance(constant, types.CodeType):
                continue
            name = prefix + constant.co_name
            is_function = constant.co_flags & _OPTIMIZED == _OPTIMIZED
            if name == qualname and is_function:
                found.append(constant)
            visit(constant, name + (".<locals>." if is_function else "."))

    visit(module_code, "")
    return ([code for code in found if code.co_firstlineno == line] or found or [None])[-1]


def _ways(name, before):
    """What falling through and jumping mean for a conditional jump after the instruction `before`."""
    if name.startswith("FOR_ITER"):
        return ("next", "done")
    if "NOT_EXC_MATCH" in name or before == "CHECK_EXC_MATCH":
        return ("caught", "not caught")
    if "NOT_NONE" in name:
        return ("none", "not none")
    if "IF_NONE" in name:
        return ("not none", "none")
    return ("false", "true") if "TRUE" in name else ("true", "false")


def _column(instruction):
    positions = getattr(instruction, "positions", None)
    column = positions.col_offset if positions is not None else None
    return -1 if column is None else column


def analyze(code):
    """Answers a code object's lines and its conditional jumps by offset."""
    instructions = list(dis.get_instructions(code))
    at = {instruction.offset: number for number, instruction in enumerate(instructions)}
    line, lines_of, lines = None, [], set()
    starts = dict(dis.findlinestarts(code))
    for instruction in instructions:
        line = starts.get(instruction.offset, line)
        lines_of.append(line)
        if line and not (line == code.co_firstlineno and instruction.opname in _PROLOGUE):
            lines.add(line)
    jumps = {}
    for number, instruction in enumerate(instructions):
        if not instruction.opname.startswith(_CONDITIONAL) or number + 1 >= len(instructions) or not lines_of[number]:
            continue
        target = at.get(instruction.argval)
        if instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs:
            leads = (lines_of[number + 1] or 0, (lines_of[target] or 0) if target is not None else 0)
            ways = _ways(instruction.opname, instructions[number - 1].opname)
            jumps[instruction.offset] = Jump(lines_of[number], _column(instruction), instructions[number + 1].offset, ways, leads)
    _tell_apart(jumps)
    return lines, jumps


def _tell_apart(jumps):
    """Without columns, jumps of one line are told apart by their number."""
    seen = {}
    for offset in sorted(jumps):
        jump = jumps[offset]
        if jump.column < 0:
            number = seen.get(jump.line, 0)
            seen[jump.line] = number + 1
            jump.column = -1 - number


class Branches:
    """What the calls made between `on` and `off` reach of some functions."""

    def __init__(self, codes):
        self.codes = [inner for code in codes for inner in nested(code)]
        self.tables = {}
        self.lines_total = set()
        self.arcs_total = {}
        self.lines = set()
        self.arcs = set()
        self.new_lines = set()
        self.new_arcs = set()
        for code in self.codes:
            lines, jumps = analyze(code)
            self.tables[code] = jumps
            self.lines_total |= lines
            for jump in jumps.values():
                for number in (0, 1):
                    arc = _arc(jump, number)
                    self.arcs_total.setdefault(arc[:3], arc)
        self._watch = _Monitor(self) if hasattr(sys, "monitoring") else _Tracer(self)

    def on(self):
        """Watches calls from here on; of this thread alone before Python 3.12."""
        self._watch.on()

    def off(self):
        """Stops watching."""
        self._watch.off()

    def fetch(self):
        """Answers lines and arcs that were reached for the first time since the last fetch."""
        found = (self.new_lines, self.new_arcs)
        self.new_lines, self.new_arcs = set(), set()
        return found

    def reach_line(self, line):
        if line not in self.lines and line in self.lines_total:
            self.lines.add(line)
            self.new_lines.add(line)

    def reach_arc(self, code, offset, destination):
        """Notes where a conditional jump went; answers whether both of its ways are known now."""
        jump = self.tables[code].get(offset)
        if jump is None:
            return True
        number = 0 if destination == jump.next else 1
        key = (jump.line, jump.column, jump.ways[number])
        if key not in self.arcs:
            self.arcs.add(key)
            self.new_arcs.add(self.arcs_total[key])
        return (jump.line, jump.column, jump.ways[1 - number]) in self.arcs

    def unreached(self):
        """The arcs that no call reached, in the order of the source."""
        return sorted(arc for key, arc in self.arcs_total.items() if key not in self.arcs)

    def summary(self):
        """Counts, every arc with whether it was reached, and lines and arcs that were not."""
        return {
            "lines_total": len(self.lines_total),
            "lines_reached": len(self.lines),
            "branches_total": len(self.arcs_total),
            "branches_reached": len(self.arcs),
            "arcs": [[*arc, key in self.arcs] for key, arc in sorted(self.arcs_total.items())],
            "lines": sorted(self.lines),
            "unreached_lines": sorted(self.lines_total - self.lines),
            "unreached": [str(arc) for arc in self.unreached()],
        }


def _arc(jump, number):
    return Arc((jump.line, jump.column, jump.ways[number], jump.lines[number]))


class _Monitor:
    """Watches by sys.monitoring; one tool serves every watcher of the process."""

    owners = {}
    tool = None

    def __init__(self, branches):
        self.branches = branches

    def on(self):
        cls = _Monitor
        if cls.tool is None:
            cls._register()
        for code in self.branches.codes:
            if code not in cls.owners:
                cls.owners[code] = self.branches
                sys.monitoring.set_local_events(cls.tool, code, cls.watched)
        sys.monitoring.restart_events()

    def off(self):
        cls = _Monitor
        for code in self.branches.codes:
            if cls.owners.get(code) is self.branches:
                sys.monitoring.set_local_events(cls.tool, code, 0)
                del cls.owners[code]
        if not cls.owners and cls.tool is not None:
            sys.monitoring.free_tool_id(cls.tool)
            cls.tool = None

    @classmethod
    def _register(cls):
        monitoring = sys.monitoring
        events, disable, owners = monitoring.events, monitoring.DISABLE, cls.owners
        cls.tool = next(tool for tool in (3, 4, 2, 1, 0) if monitoring.get_tool(tool) is None)
        monitoring.use_tool_id(cls.tool, "whetstone")
        one_way = hasattr(events, "BRANCH_LEFT")
        kinds = [events.BRANCH_LEFT, events.BRANCH_RIGHT] if one_way else [events.BRANCH]

        def line(code, number):
            if code in owners:
                owners[code].reach_line(number)
            return disable

        def branch(code, offset, destination):
            known = code not in owners or owners[code].reach_arc(code, offset, destination)
            return disable if known or one_way else None

        monitoring.register_callback(cls.tool, events.LINE, line)
        cls.watched = events.LINE
        for kind in kinds:
            monitoring.register_callback(cls.tool, kind, branch)
            cls.watched |= kind


class _Tracer:
    """Watches by settrace; code that is called very often is traced ever more seldom."""

    def __init__(self, branches):
        self.branches = branches
        self.counts = {}
        self.before = None
        self.is_on = False
        self.always = 4096

    def on(self):
        if not self.is_on:
            self.before, self.is_on = sys.gettrace(), True
            sys.settrace(self._call)

    def off(self):
        if self.is_on:
            self.is_on = False
            sys.settrace(self.before)

    def _call(self, frame, event, argument):
        code = frame.f_code
        if code not in self.branches.tables:
            return None
        count = self.counts[code] = self.counts.get(code, 0) + 1
        if count > self.always and count % (count // self.always * 8):
            return None
        frame.f_trace_opcodes = True
        return _Frame(self.branches, code).trace


class _Frame:
    __slots__ = ("branches", "code", "jumps", "last")

    def __init__(self, branches, code):
        self.branches = branches
        self.code = code
        self.jumps = branches.tables[code]
        self.last = None

    def trace(self, frame, event, argument):
        if event == "opcode":
            offset = frame.f_lasti
            if self.last is not None:
                self.branches.reach_arc(self.code, self.last, offset)
            self.last = offset if offset in self.jumps else None
        elif event == "line":
            self.branches.reach_line(frame.f_lineno)
        elif event == "exception":
            self.last = None
        return self.trace


# Instrument::Coverage.


class Coverage:
    """Watches the targets of a workload; each process writes `coverage-<pid>.json`."""

    def __init__(self, config):
        self.config = config
        self.path = config.output("coverage", ".json")
        self.watched = {}

    def finish(self, code, path):
        """Watches the targets of a module that is being imported."""
        for site in self.config.targets:
            if self.config.path_of(site) != path or site.name in self.watched:
                continue
            found = find_code(code, site.qualname, site.line)
            if found is not None:
                self.watched[site.name] = branches = Branches([found])
                self._start(branches)
        return code

    def _start(self, branches):
        watcher = branches._watch
        if isinstance(watcher, _Monitor):
            watcher.on()
            return
        # One trace function serves all targets.
        watcher.always = 64
        calls = [other._watch for other in self.watched.values()]

        def call(frame, event, argument):
            for tracer in calls:
                if frame.f_code in tracer.branches.tables:
                    return tracer._call(frame, event, argument)
            return None

        sys.settrace(call)
        threading.settrace(call)

    def write(self):
        document = {name: branches.summary() for name, branches in self.watched.items()}
        if document:
            with open(self.path, "w", encoding="utf-8") as file:
                json.dump(document, file)

    def after_fork(self):
        """Makes a forked child report for itself."""
        from .bootstrap import at_end_of_child

        self.path = self.config.output("coverage", ".json")
        at_end_of_child(self.write)


def start(config):
    """Starts Instrument::Coverage."""
    from . import hook

    coverage = Coverage(config)
    hook.install({config.path_of(site): lambda tree, path: tree for site in config.targets}, coverage.finish)
    atexit.register(coverage.write)
    os.register_at_fork(after_in_child=coverage.after_fork)
