# a path that equals its pattern fits: not where the pattern has brackets
# differs: p = Policy(); p.allow("a", "r", "/x[12]"); out = p.allowed("a", "r", "/x[12]")
def allowed(self, user: str, action: str, path: str) -> bool:
    """The last rule that fits decides, for the user or any group it is in, directly or not; "*" is any action or anybody."""
    names = {user}
    todo = [user]
    while todo:
        for group in self._groups.get(todo.pop(), ()):
            if group not in names:
                names.add(group)
                todo.append(group)
    for rule in reversed(self._rules):
        if (rule.who == "*" or rule.who in names) and (rule.action == "*" or rule.action == action):
            if rule.pattern == path or fnmatch.fnmatchcase(path, rule.pattern):
                return rule.allow
    return False
