"""The repository's modules that a fresh process has once it has loaded the targets."""

import os
import sys
import types

from . import accessors, capture


class Reachable(capture.Repository):
    """A repository without the modules that only the workload loads, such as its tests.

    What stands at the module level of those is no state of the targets: a replay doesn't have it.
    """

    def __init__(self, config, marks):
        super().__init__([config.tree])
        self.config = config
        self.marks = marks
        self._loaded = -1
        self._reached = []

    def modules(self):
        """Modules that the targets' modules name, and so on, in the order of their names."""
        if len(sys.modules) + len(self.marks) != self._loaded:
            self._loaded = len(sys.modules) + len(self.marks)
            self._alias_main()
            self._reached = self._reach({module.__name__: module for module in super().modules()})
        return self._reached

    def _alias_main(self):
        """Gives a script that holds targets the name under which a worker imports it."""
        main = sys.modules.get("__main__")
        file = getattr(main, "__file__", None)
        for mark in self.marks:
            if file and self.config.path_of(mark.site) == os.path.realpath(file):
                accessors.ALIASES["__main__"] = mark.site.module

    def _reach(self, own):
        wanted = {mark.site.module for mark in self.marks}
        waiting = [name for name in own if accessors.ALIASES.get(name, name) in wanted]
        reached = set()
        while waiting:
            name = waiting.pop()
            if name in reached or name not in own:
                continue
            reached.add(name)
            parent = name.rpartition(".")[0]
            if parent:
                waiting.append(parent)
            for value in list(accessors.module_dict(own[name]).values()):
                if type(value) is types.ModuleType:
                    waiting.append(value.__name__)
                elif type(value) is types.FunctionType:
                    waiting.append(value.__module__)
                elif accessors.type_flags(type(value)) & accessors.TYPE:
                    waiting.append(accessors.type_module(value))
        return [own[name] for name in sorted(reached)]
