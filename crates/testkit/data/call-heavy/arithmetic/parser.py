"""A parser of sums, products, powers and parentheses."""


class Parser:
    """Reads one expression."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def peek(self):
        """The next character that is no space; empty at the end."""
        while self.at < len(self.text) and self.text[self.at] == " ":
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self, wanted):
        """Whether one of these characters is next; takes it if so."""
        found = self.peek()
        if found and found in wanted:
            self.at += 1
            return found
        return ""

    def number(self):
        """A whole number."""
        digits = []
        while is_digit(self.peek()):
            digits.append(self.text[self.at])
            self.at += 1
        if not digits:
            raise ValueError("a number is expected at %d" % self.at)
        return int("".join(digits))

    def atom(self):
        if self.take("("):
            value = self.sum()
            if not self.take(")"):
                raise ValueError("a parenthesis is not closed")
            return value
        return -self.atom() if self.take("-") else self.number()

    def product(self):
        value = self.atom()
        while True:
            operator = self.take("*%")
            if operator == "*":
                value = (value * self.atom()) % 1000003
            elif operator == "%":
                value = value % (self.atom() or 1)
            else:
                return value

    def sum(self):
        value = self.product()
        while True:
            operator = self.take("+-")
            if operator == "+":
                value += self.product()
            elif operator == "-":
                value -= self.product()
            else:
                return value


def is_digit(character):
    """Whether it is one of the ten digits."""
    return character != "" and "0" <= character <= "9"


def evaluate(text):
    """The value of an expression."""
    return Parser(text).sum()
