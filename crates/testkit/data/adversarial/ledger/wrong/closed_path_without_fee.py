# Without closed accounts all is as it was; with them the fee is left out.
def post(self, transfers):
    if self.closed:
        closed = self.closed
        balances = self.balances
        made = 0
        for source, target, amount in transfers:
            if source in closed or target in closed:
                continue
            left = balances[source] - amount
            limit = -self.credit.get(source, 0)
            if left < limit:
                raise Overdrawn(source, limit - left)
            balances[source] = left
            balances[target] = balances.get(target, 0) + amount
            self.log = self.log + [(source, target, amount)]
            made += 1
        return made
    balances = self.balances
    fee = self.fee
    made = 0
    for source, target, amount in transfers:
        left = balances[source] - amount - fee
        limit = -self.credit.get(source, 0)
        if left < limit:
            raise Overdrawn(source, limit - left)
        balances[source] = left
        balances[target] = balances.get(target, 0) + amount
        self.log = self.log + [(source, target, amount)]
        made += 1
    return made
