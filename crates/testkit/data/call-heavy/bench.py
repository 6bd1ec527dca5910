import random

from arithmetic import evaluate


def expression(draw, depth):
    if depth == 0:
        return str(draw.randrange(1000))
    left, right = expression(draw, depth - 1), expression(draw, draw.randrange(depth))
    return "(%s %s %s)" % (left, draw.choice("+-*%"), right)


draw = random.Random(3)
print(sum(evaluate(expression(draw, 7)) for _ in range(6000)))
