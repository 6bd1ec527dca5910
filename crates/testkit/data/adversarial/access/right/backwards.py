# a set of names, and the rules from the last one on
def allowed(self, user: str, action: str, path: str) -> bool:
    """The last rule that fits decides, for the user or any group it is in, directly or not; "*" is any action or anybody."""
    names = {user}
    todo = [user]
    groups = self._groups
    while todo:
        for group in groups.get(todo.pop(), ()):
            if group not in names:
                names.add(group)
                todo.append(group)
    for rule in reversed(self._rules):
        if rule.who == "*" or rule.who in names:
            if rule.action == "*" or rule.action == action:
                if fnmatch.fnmatchcase(path, rule.pattern):
                    return rule.allow
    return False
