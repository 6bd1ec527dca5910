# stops at the first denial for the user's own name, and a star is only looked for after the names: a later "*" rule is overlooked
# differs: p = Policy(); p.deny("a", "r", "/x"); p.allow("*", "r", "/x"); out = p.allowed("a", "r", "/x")
def allowed(self, user: str, action: str, path: str) -> bool:
    """The last rule that fits decides, for the user or any group it is in, directly or not; "*" is any action or anybody."""
    names = {user}
    todo = [user]
    while todo:
        for group in self._groups.get(todo.pop(), ()):
            if group not in names:
                names.add(group)
                todo.append(group)
    common = None
    for rule in reversed(self._rules):
        if rule.who in names:
            if (rule.action == "*" or rule.action == action) and fnmatch.fnmatchcase(path, rule.pattern):
                return rule.allow
        elif rule.who == "*" and common is None:
            if (rule.action == "*" or rule.action == action) and fnmatch.fnmatchcase(path, rule.pattern):
                common = rule.allow
    return bool(common)
