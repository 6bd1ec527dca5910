# Leaves a thread behind.
import threading


def is_prime(number):
    threading.Thread(target=threading.Event().wait, args=(5,), daemon=True).start()
    if number < 2:
        return False
    return all(number % divisor for divisor in range(2, int(number**0.5) + 1))
