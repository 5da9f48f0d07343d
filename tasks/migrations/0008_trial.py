"""Tasks of trial runs; of a trial, and of nothing else, history may be deleted (PostgreSQL)."""

from django.db import migrations, models


GUARD = """
CREATE OR REPLACE FUNCTION tasks_processevent_append_only() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM processes_processinstance WHERE id = OLD.instance_id AND is_trial
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'append_only: % of history is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$ LANGUAGE plpgsql;
"""

STRICT_GUARD = """
CREATE OR REPLACE FUNCTION tasks_processevent_append_only() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'append_only: % of history is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$ LANGUAGE plpgsql;
"""


def let_trials_go(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(GUARD, params=None)


def keep_everything(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(STRICT_GUARD, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('processes', '0009_trial'),
        ('tasks', '0007_follow_up_list'),
    ]

    operations = [
        migrations.AddField(
            model_name='task',
            name='is_trial',
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(let_trials_go, keep_everything),
    ]
