"""How much of a workload's processor time an instrument may take.

By the processor's time and not the clock's: what else runs on the machine must not decide what is recorded.
"""

import time

# What the instrument spends in one thread, and what the process has used.
clock = time.thread_time_ns
whole = time.process_time_ns

# Taken at once at the start, so that a short workload is recorded at all.
GRACE_NS = 100_000_000
# Until an instrument has spent that or the workload is this old, it goes by counts alone: short workloads
# are recorded alike each time.
YOUNG_NS = 2_000_000_000
# Share of what the limit leaves that is given out; the rest covers what can't be measured. A part is
# reserved for targets of which little is known yet.
SHARE = 0.6
RESERVED = 0.25


class Budget:
    """Time that an instrument has spent in a process, and may still spend.

    `limit` is how many times as long as without the instrument the workload may take.
    """

    def __init__(self, limit, now=whole, started=0):
        self.now = now
        self.per_ns = max(0.0, limit - 1.0) * SHARE
        # What the instrument itself took to start is spent already.
        self.begun = now() - started
        self.started = self.spent = started
        self.unseen = 0

    def elapsed(self):
        """Nanoseconds since the start."""
        return max(1, self.now() - self.begun)

    def is_young(self):
        """Whether what to look at is decided by counts, not by time."""
        return self.spent + self.unseen - self.started < GRACE_NS * min(1.0, self.per_ns) and self.elapsed() < YOUNG_NS

    def available(self, reserved=True):
        """Nanoseconds that may be spent now, the reserved part among them or not; negative where too much was spent."""
        earned = GRACE_NS * min(1.0, self.per_ns) + (self.elapsed() - self.spent - self.unseen) * self.per_ns
        return (earned if reserved else earned * (1 - RESERVED)) - self.spent - self.unseen

    def wait_for(self, cost):
        """Nanoseconds of the workload until `cost` is available."""
        missing = cost - self.available()
        return 0 if missing <= 0 else missing / (self.per_ns or 1e-9)

    def overhead(self):
        """How many times as long the workload took, as far as it can be measured from inside."""
        taken = min(self.spent + self.unseen, self.elapsed() - 1)
        return self.elapsed() / (self.elapsed() - taken)
