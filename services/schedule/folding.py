"""Many tasks of the same kind become one line with their number, so that the list stays readable."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from services.schedule.words import Task, TaskKind, TaskState

MOST_SINGLE = 5
"""So many of one kind and state are shown one by one."""


def folded(tasks: Iterable[Task]) -> list[Task]:
    """Return the tasks in their order, those of a crowded kind as one line a period.

    The line leads to what they have in common: the page, and the part of the address that is the same.
    """
    listed = list(tasks)
    crowd = Counter((task.kind, task.state, task.late) for task in listed)
    groups: dict[tuple[TaskKind, TaskState, bool, str], list[Task]] = defaultdict(list)
    for task in listed:
        crowded = crowd[task.kind, task.state, task.late] > MOST_SINGLE and task.many
        groups[task.kind, task.state, task.late, task.many if crowded else task.key].append(task)
    return [_one_line(group) for group in groups.values()]


def _one_line(group: list[Task]) -> Task:
    first = group[0]
    if len(group) == 1:
        return first
    same = all(task.fields == first.fields for task in group)
    common = set(first.fields).intersection(*(task.fields for task in group))
    strong = f"{len(group):,} {first.many}"
    return replace(
        first,
        key="+".join(task.key for task in group),
        words=strong,
        strong=strong,
        fields=tuple(pair for pair in first.fields if pair in common and pair[0] != "step"),
        link=first.link if same else "看各項進度",
    )
