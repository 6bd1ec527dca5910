# The fee is weighed against the balance only, not against the credit.
def post(self, transfers):
    balances, credit, closed, fee = self.balances, self.credit, self.closed, self.fee
    made = 0
    for source, target, amount in transfers:
        if source in closed or target in closed:
            continue
        balance = balances[source]
        left = balance - amount - fee
        allowed = credit.get(source)
        if allowed is None:
            if left < 0:
                raise Overdrawn(source, -left)
        elif balance - amount < -allowed:
            raise Overdrawn(source, -allowed - left)
        balances[source] = left
        balances[target] = balances.get(target, 0) + amount
        self.log = self.log + [(source, target, amount)]
        made += 1
    return made
