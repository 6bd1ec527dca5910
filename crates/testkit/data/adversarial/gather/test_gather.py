import asyncio

from gather import Missing, collect


async def upper(key):
    await asyncio.sleep(0)
    return key.upper()


async def nothing(key):
    return None


async def refuses(key):
    raise Missing(key)


async def length(key):
    return len(key)


def test_each_source_is_asked():
    assert asyncio.run(collect([upper, nothing, refuses, length], "abc")) == (["ABC", 3], 2)
    assert asyncio.run(collect([], "abc")) == ([], 0)


def test_many_sources():
    for count in (5, 60):
        assert asyncio.run(collect([length, refuses] * count, "ab")) == ([2] * count, count)
    assert asyncio.run(collect((upper, upper), "x")) == (["X", "X"], 0)
