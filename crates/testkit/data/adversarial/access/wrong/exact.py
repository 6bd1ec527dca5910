# a pattern without star is a plain path, but it may hold "?" or "[ab]"
# differs: p = Policy(); p.allow("a", "r", "/x[12]"); out = p.allowed("a", "r", "/x1")
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
            pattern = rule.pattern
            if pattern == path or ("*" in pattern and fnmatch.fnmatchcase(path, pattern)):
                return rule.allow
    return False
