"""History refuses UPDATE and DELETE in the database itself (PostgreSQL)."""

from django.db import migrations

GUARD = """
CREATE FUNCTION tasks_processevent_append_only() RETURNS trigger AS $$
BEGIN
    RAISE EXCEPTION 'append_only: % of history is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$ LANGUAGE plpgsql;
CREATE TRIGGER tasks_processevent_append_only BEFORE UPDATE OR DELETE ON tasks_processevent
    FOR EACH ROW EXECUTE FUNCTION tasks_processevent_append_only();
"""


def create_guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(GUARD, params=None)


def drop_guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION tasks_processevent_append_only() CASCADE", params=None)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]

    operations = [migrations.RunPython(create_guard, drop_guard)]
