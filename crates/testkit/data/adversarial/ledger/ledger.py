"""Accounts."""


class Overdrawn(Exception):
    def __init__(self, account, missing):
        super().__init__(f"{account}: {missing} missing")
        self.account = account


class Ledger:
    """Balances, each of which may be overdrawn up to its account's credit; closed accounts move nothing."""

    def __init__(self, balances):
        self.balances = dict(balances)
        self.credit = {}
        self.closed = set()
        self.fee = 0
        self.log = []

    def allow(self, account, credit):
        self.credit[account] = credit

    def close(self, account):
        self.closed.add(account)

    def set_fee(self, fee):
        self.fee = fee

    def post(self, transfers):
        """Carry out transfers ``(source, target, amount)`` in order; the first that is not possible raises. Return how many were made."""
        made = 0
        for source, target, amount in transfers:
            if source in self.closed or target in self.closed:
                continue
            left = self.balances[source] - amount - self.fee
            limit = -self.credit.get(source, 0)
            if left < limit:
                raise Overdrawn(source, limit - left)
            self.balances[source] = left
            if target not in self.balances.keys():
                self.balances[target] = 0
            self.balances[target] = self.balances[target] + amount
            self.log = self.log + [(source, target, amount)]
            made = made + 1
        return made
