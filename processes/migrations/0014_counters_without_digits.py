"""Counters of case numbers are kept without the digits of their pattern, so that two patterns never meet."""

import re

from django.db import migrations

SEQUENCE = re.compile(r"\{seq:0?\d{1,2}\}")


def rename(apps, schema_editor):
    counters = apps.get_model("processes", "NumberCounter").objects
    for row in counters.filter(prefix__contains="{seq:"):
        key = SEQUENCE.sub("{seq}", row.prefix)
        other = counters.filter(prefix=key).first()
        if other is None:
            row.prefix = key
            row.save()
            continue
        other.last = max(other.last, row.last)
        other.save()
        row.delete()


class Migration(migrations.Migration):

    dependencies = [
        ('processes', '0013_calendar_of_schedules'),
    ]

    operations = [
        migrations.RunPython(rename, migrations.RunPython.noop),
    ]
