"""Trial runs: cases for their starter alone, on frozen copies of drafts that go with them.

On PostgreSQL the triggers learn the state `trial`: rows of such a version may be added and removed, never
changed, and no other version becomes one. Whether a case is a trial never changes.
"""

from importlib import import_module

import django_fsm
from django.conf import settings
from django.db import migrations, models


PARTS = {
    **import_module("processes.migrations.0002_published_is_immutable").PARTS,
    "processes_deadlinerule": "SELECT {row}.version_id",
}


def _guard(table, lookup):
    return f"""
CREATE OR REPLACE FUNCTION {table}_draft_only() RETURNS trigger AS $$
DECLARE
    owner bigint;
    free text[] := CASE WHEN TG_OP = 'UPDATE' THEN ARRAY['draft'] ELSE ARRAY['draft', 'trial'] END;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        owner := ({lookup.format(row="NEW")});
        IF EXISTS (SELECT 1 FROM processes_processversion WHERE id = owner AND NOT state = ANY (free)) THEN
            RAISE EXCEPTION 'published_version: % of version % is immutable', TG_TABLE_NAME, owner
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        owner := ({lookup.format(row="OLD")});
        IF EXISTS (SELECT 1 FROM processes_processversion WHERE id = owner AND NOT state = ANY (free)) THEN
            RAISE EXCEPTION 'published_version: % of version % is immutable', TG_TABLE_NAME, owner
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
"""


VERSION_GUARD = """
CREATE OR REPLACE FUNCTION processes_processversion_life() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state NOT IN ('draft', 'trial') THEN
            RAISE EXCEPTION 'published_version: version % cannot be deleted', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF (OLD.state = 'trial') <> (NEW.state = 'trial') OR (OLD.state <> 'draft' AND (
        NEW.definition_id <> OLD.definition_id OR NEW.number <> OLD.number OR NEW.state = 'draft'
        OR (OLD.state = 'retired' AND NEW.state <> 'retired')
    )) THEN
        RAISE EXCEPTION 'published_version: version % is immutable', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
"""

CASE_GUARD = """
CREATE FUNCTION processes_processinstance_trial() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'trial: whether case % is a trial never changes', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$ LANGUAGE plpgsql;
CREATE TRIGGER processes_processinstance_trial BEFORE UPDATE OF is_trial ON processes_processinstance
    FOR EACH ROW WHEN (OLD.is_trial IS DISTINCT FROM NEW.is_trial)
    EXECUTE FUNCTION processes_processinstance_trial();
"""


def teach_guards(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, lookup in PARTS.items():
        schema_editor.execute(_guard(table, lookup), params=None)
    schema_editor.execute(VERSION_GUARD, params=None)
    schema_editor.execute(CASE_GUARD, params=None)


def drop_case_guard(apps, schema_editor):
    """The other guards may stay: without trials they guard as before."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION processes_processinstance_trial() CASCADE", params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0004_interactions'),
        ('processes', '0008_draftvisit'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='processversion',
            name='version_number_unique',
        ),
        migrations.AddField(
            model_name='processinstance',
            name='is_trial',
            field=models.BooleanField(default=False, editable=False, verbose_name='trial run'),
        ),
        migrations.AlterField(
            model_name='processversion',
            name='state',
            field=django_fsm.FSMField(choices=[('draft', 'Draft'), ('published', 'Published'), ('retired', 'Retired'), ('trial', 'Trial run')], default='draft', max_length=20, verbose_name='state'),
        ),
        migrations.AddIndex(
            model_name='processinstance',
            index=models.Index(condition=models.Q(('is_trial', True)), fields=['started_by', 'id'], name='instance_trials'),
        ),
        migrations.AddConstraint(
            model_name='processversion',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'trial'), _negated=True), fields=('definition', 'number'), name='version_number_unique'),
        ),
        migrations.RunPython(teach_guards, drop_case_guard),
    ]
