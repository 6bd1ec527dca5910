"""A cache that drops what was used longest ago; its clock is told from outside."""


class Cache:
    def __init__(self, size: int, ttl: int = 100):
        self.size = size
        self.ttl = ttl
        self.now = 0
        self.hits = 0
        self.misses = 0
        self._entries = []

    def tick(self, seconds: int = 1):
        self.now += seconds

    def put(self, key, value):
        self._entries = [e for e in self._entries if e["key"] != key]
        self._entries.append({"key": key, "value": value, "until": self.now + self.ttl})
        while len(self._entries) > self.size:
            self._entries.pop(0)

    def pin(self, key):
        """Keeps an entry for good."""
        for entry in self._entries:
            if entry["key"] == key:
                entry["until"] = None

    def load(self, pairs):
        """Entries from a file, oldest first; of a key that is there twice the older one counts until it is dropped."""
        for key, value in pairs:
            self._entries.append({"key": key, "value": value, "until": self.now + self.ttl})

    def keys(self):
        return [e["key"] for e in self._entries]

    def get_many(self, keys: list[str], default=None) -> list:
        """Values of several keys in turn. What is found becomes the newest entry; what is too old is dropped."""
        values = []
        for key in keys:
            found = None
            for entry in list(self._entries):
                if entry["key"] == key:
                    found = entry
                    break
            if found is not None and found["until"] is not None and found["until"] <= self.now:
                self._entries = [e for e in self._entries if e is not found]
                found = None
            if found is None:
                self.misses += 1
                values = values + [default]
            else:
                self.hits += 1
                self._entries = [e for e in self._entries if e is not found] + [found]
                values = values + [found["value"]]
        return values
