# Both balances are read before either is written: who pays himself gets richer, less the fee.
def post(self, transfers):
    balances, credit, closed = self.balances, self.credit, self.closed
    log = list(self.log)
    made = 0
    try:
        for source, target, amount in transfers:
            if source in closed or target in closed:
                continue
            before = balances.get(target, 0)
            left = balances[source] - amount - self.fee
            limit = -credit.get(source, 0)
            if left < limit:
                raise Overdrawn(source, limit - left)
            balances[source] = left
            balances[target] = before + amount
            log.append((source, target, amount))
            made += 1
    finally:
        if made:
            self.log = log
    return made
