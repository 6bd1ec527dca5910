"""Who may do what."""
import fnmatch


class Rule:
    def __init__(self, who, action, pattern, allow=True):
        self.who = who
        self.action = action
        self.pattern = pattern
        self.allow = allow

    def __repr__(self):
        return "Rule(%r, %r, %r, %r)" % (self.who, self.action, self.pattern, self.allow)


class Policy:
    def __init__(self):
        self._rules = []
        self._groups = {}

    def allow(self, who, action, pattern):
        self._rules.append(Rule(who, action, pattern))

    def deny(self, who, action, pattern):
        self._rules.append(Rule(who, action, pattern, False))

    def join(self, member, group):
        """A member is a user or another group."""
        self._groups.setdefault(member, []).append(group)

    def leave(self, member, group):
        self._groups[member].remove(group)

    def allowed(self, user: str, action: str, path: str) -> bool:
        """The last rule that fits decides, for the user or any group it is in, directly or not; "*" is any action or anybody."""
        names = [user]
        grown = True
        while grown:
            grown = False
            for name in list(names):
                for group in self._groups.get(name, []):
                    if group not in names:
                        names = names + [group]
                        grown = True
        verdict = False
        for rule in self._rules:
            if rule.who != "*" and rule.who not in names:
                continue
            if rule.action != "*" and rule.action != action:
                continue
            if fnmatch.fnmatchcase(path, rule.pattern):
                verdict = rule.allow
        return verdict
