from __future__ import annotations

from rulemint_shared.fairness.memory import FairMemory


def test_what_was_put_is_there_until_it_is_forgotten() -> None:
    memory: FairMemory[str, int] = FairMemory(10)
    memory.put("t", "a", 1)
    memory.put("t", "a", 2)
    assert (memory.get("t", "a"), memory.get("u", "a"), memory.get("t", "b"), len(memory)) == (2, None, None, 1)
    memory.forget("t", "a")
    memory.forget("t", "a")
    assert (memory.get("t", "a"), "t" in memory.by_tenant, len(memory)) == (None, False, 0)


def test_the_tenant_with_the_most_forgets_its_oldest() -> None:
    memory: FairMemory[int, int] = FairMemory(10)
    memory.put("small", 0, 0)
    for number in range(1_000):
        memory.put("large", number, number)
    assert len(memory) == 10
    assert memory.get("small", 0) == 0
    assert [memory.get("large", number) for number in range(990, 1_000)] == [None, *range(991, 1_000)]


def test_what_is_put_again_is_the_newest() -> None:
    memory: FairMemory[int, int] = FairMemory(2)
    for number in (1, 2, 1, 3):
        memory.put("t", number, number)
    assert [memory.get("t", number) for number in (1, 2, 3)] == [1, None, 3]
