"""Moments at which the clocks of a zone change: the edges of local times, where an hour comes twice or never."""

import sys

# Zones by their names, none for a text that names none, and when the clocks of a zone change in a year: each is looked for once.
_NAMED, _KNOWN = {}, {}
# Zones whose offsets are no whole hours, whose clocks change at midnight, or by half an hour; on both sides of UTC.
UNUSUAL = ("Asia/Kolkata", "America/Havana", "Australia/Lord_Howe", "America/St_Johns", "Europe/Berlin")
# Minutes of offsets that are no zone's name.
OFFSETS = (120, -210, 330, -60)


def zones(texts, value):
    """The zones that some texts name, and that of an aware value, where the repository uses zones at all."""
    zoneinfo = sys.modules.get("zoneinfo")
    if zoneinfo is None:
        return []
    found = [value.tzinfo] if isinstance(getattr(value, "tzinfo", None), zoneinfo.ZoneInfo) else []
    return found + [zone for zone in (_named(zoneinfo, text) for text in texts) if zone is not None]


def _named(zoneinfo, text):
    if text not in _NAMED:
        _NAMED[text] = None
        if "/" in text and text.replace("/", "").replace("_", "").replace("-", "").isalpha():
            try:
                _NAMED[text] = zoneinfo.ZoneInfo(text)
            except Exception:
                # It only looks like one.
                pass
    return _NAMED[text]


def is_name(text):
    """Whether a text names a zone, in a repository that uses zones at all."""
    return text == "UTC" and "zoneinfo" in sys.modules or bool(zones([text], None))


def changes(zone, year):
    """When in a year the clocks of a zone change, in UTC without a zone."""
    if (id(zone), year) not in _KNOWN:
        # With the zone itself, so that its identity stays its own.
        _KNOWN[id(zone), year] = (_changes(zone, year), zone)
    return _KNOWN[id(zone), year][0]


def _changes(zone, year):
    datetime = sys.modules["datetime"]
    day = datetime.timedelta(1)

    def offset(moment):
        return moment.replace(tzinfo=datetime.timezone.utc).astimezone(zone).utcoffset()

    found, moment = [], datetime.datetime(year, 1, 1)
    while moment.year == year and moment < datetime.datetime.max - 2 * day:
        low, high = moment, moment + day
        if offset(low) != offset(high):
            while high - low > datetime.timedelta(0, 60):
                middle = low + (high - low) / 2
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            found.append(high.replace(second=0, microsecond=0))
        moment += day
    return found
