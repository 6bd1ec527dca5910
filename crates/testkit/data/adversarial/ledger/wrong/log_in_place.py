# The log is extended in place.
def post(self, transfers):
    balances = self.balances
    made = 0
    for source, target, amount in transfers:
        if source in self.closed or target in self.closed:
            continue
        left = balances[source] - amount - self.fee
        limit = -self.credit.get(source, 0)
        if left < limit:
            raise Overdrawn(source, limit - left)
        balances[source] = left
        balances[target] = balances.get(target, 0) + amount
        self.log.append((source, target, amount))
        made += 1
    return made
