"""Whose calendar and which urgency's rules a deadline is counted by; legal deadlines do not rest."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

SINCE = ("claimed", "released", "reassigned", "escalated")
"""Reasons of an assignment made after the deadline had begun."""
URGENCIES = [(0, "Critical"), (1, "High"), (2, "Normal"), (3, "Low")]


def remember(apps, schema_editor):
    Clock, Task = apps.get_model("tasks", "Clock"), apps.get_model("tasks", "Task")
    clocks = Clock.objects.all()
    cases = apps.get_model("processes", "ProcessInstance").objects.filter(pk=OuterRef("instance_id"))
    clocks.update(
        for_team=Subquery(cases.values("definition__owner_team_id")[:1]),
        for_urgency=Subquery(cases.values("urgency")[:1]),
    )
    tasks = Task.objects.filter(pk=OuterRef("task_id"))
    of_tasks = clocks.filter(task__isnull=False)
    of_tasks.update(for_urgency=Subquery(tasks.values("urgency")[:1]))
    of_tasks.filter(task__team__isnull=False, task__is_trial=False).update(
        for_team=Subquery(tasks.values("team_id")[:1])
    )
    # Whoever took a task over later never was whom its deadline had been counted for.
    later = Task.objects.filter(assignment_reason__code__in=SINCE).values("pk")
    given = of_tasks.filter(task__assignee__isnull=False, task__is_trial=False).exclude(task__in=later)
    given.update(for_user=Subquery(tasks.values("assignee_id")[:1]))
    _remember_steps(apps)


def _remember_steps(apps):
    """Waits and outcomes of the clock that lie ahead count by the team of the step their token is at."""
    Clock, Step = apps.get_model("tasks", "Clock"), apps.get_model("processes", "Step")
    ahead = Clock.objects.filter(kind__in=("wait", "timeout"), next_level=0).select_related("instance")
    for clock in ahead.iterator(chunk_size=500):
        case = clock.instance
        places = {row[0]: row[1] for row in case.marking.get("tokens", ())}
        step = Step.objects.filter(version_id=case.version_id, key=places.get(clock.token_id, "")).first()
        if step is not None and step.team_id is not None:
            Clock.objects.filter(pk=clock.pk).update(for_team=step.team_id)


def wake_legal(apps, schema_editor):
    """Legal deadlines of suspended cases were put to sleep; what they missed is said at the next tick."""
    Clock = apps.get_model("tasks", "Clock")
    for clock in Clock.objects.filter(is_legal=True, paused_at__isnull=False):
        left = clock.plan[clock.next_level :]
        clock.wake_at = left[0]["at"] if left else None
        clock.paused_at = clock.remaining = None
        clock.save(update_fields=["wake_at", "paused_at", "remaining"])


def check_now(apps, schema_editor):
    """PostgreSQL makes no index on a table while foreign keys of its rows are still to be checked."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE", params=None)
        schema_editor.execute("SET CONSTRAINTS ALL DEFERRED", params=None)


class Migration(migrations.Migration):

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("people", "0002_work_calendars"),
        ("processes", "0009_trial"),
        ("tasks", "0008_trial"),
    ]

    operations = [
        migrations.AddField(
            model_name="clock",
            name="for_team",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.team",
            ),
        ),
        migrations.AddField(
            model_name="clock",
            name="for_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="clock",
            name="for_urgency",
            field=models.PositiveSmallIntegerField(choices=URGENCIES, null=True),
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
        migrations.RunPython(wake_legal, migrations.RunPython.noop),
        migrations.RunPython(check_now, migrations.RunPython.noop),
    ]
