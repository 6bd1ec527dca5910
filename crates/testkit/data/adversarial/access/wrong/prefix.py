# patterns that end with a star are prefixes; a question mark or bracket before it isn't seen
# differs: p = Policy(); p.allow("a", "r", "/x?/*"); out = p.allowed("a", "r", "/xy/z")
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
            if pattern[-1:] == "*" and "*" not in pattern[:-1]:
                fits = path.startswith(pattern[:-1])
            else:
                fits = fnmatch.fnmatchcase(path, pattern)
            if fits:
                return rule.allow
    return False
