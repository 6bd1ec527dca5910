# get in the place of a lookup and a membership test.
def post(self, transfers):
    balances, closed = self.balances, self.closed
    made = 0
    for source, target, amount in transfers:
        if source in closed or target in closed:
            continue
        left = balances[source] - amount - self.fee
        limit = -self.credit.get(source, 0)
        if left < limit:
            raise Overdrawn(source, limit - left)
        balances[source] = left
        if target not in balances:
            balances[target] = 0
        balances[target] += amount
        self.log = self.log + [(source, target, amount)]
        made += 1
    return made
