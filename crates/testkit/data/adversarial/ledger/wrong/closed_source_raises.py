# Reads the balance before it looks whether the account is closed.
def post(self, transfers):
    balances, closed = self.balances, self.closed
    made = 0
    for source, target, amount in transfers:
        left = balances[source] - amount - self.fee
        if closed and (source in closed or target in closed):
            continue
        limit = -self.credit.get(source, 0)
        if left < limit:
            raise Overdrawn(source, limit - left)
        balances[source] = left
        balances[target] = balances.get(target, 0) + amount
        self.log = self.log + [(source, target, amount)]
        made += 1
    return made
