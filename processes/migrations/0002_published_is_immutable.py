"""Published versions refuse changes in the database itself (PostgreSQL), whatever door the change comes by."""

from django.db import migrations

PARTS = {
    "processes_formfield": "SELECT {row}.version_id",
    "processes_step": "SELECT {row}.version_id",
    "processes_transition": "SELECT {row}.version_id",
    "processes_outcome": "SELECT s.version_id FROM processes_step s WHERE s.id = {row}.step_id",
    "processes_checklistitem": "SELECT s.version_id FROM processes_step s WHERE s.id = {row}.step_id",
    "processes_stepfield": "SELECT s.version_id FROM processes_step s WHERE s.id = {row}.step_id",
    "processes_condition": (
        "SELECT t.version_id FROM processes_transition t WHERE t.id = {row}.transition_id"
    ),
}


def _guard(table: str, lookup: str) -> str:
    return f"""
CREATE FUNCTION {table}_draft_only() RETURNS trigger AS $$
DECLARE
    owner bigint;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        owner := ({lookup.format(row="NEW")});
        IF EXISTS (SELECT 1 FROM processes_processversion WHERE id = owner AND state <> 'draft') THEN
            RAISE EXCEPTION 'published_version: % of version % is immutable', TG_TABLE_NAME, owner
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        owner := ({lookup.format(row="OLD")});
        IF EXISTS (SELECT 1 FROM processes_processversion WHERE id = owner AND state <> 'draft') THEN
            RAISE EXCEPTION 'published_version: % of version % is immutable', TG_TABLE_NAME, owner
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER {table}_draft_only BEFORE INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_draft_only();
"""


VERSION_GUARD = """
CREATE FUNCTION processes_processversion_life() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'published_version: version % cannot be deleted', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> 'draft' AND (
        NEW.definition_id <> OLD.definition_id OR NEW.number <> OLD.number OR NEW.state = 'draft'
        OR (OLD.state = 'retired' AND NEW.state <> 'retired')
    ) THEN
        RAISE EXCEPTION 'published_version: version % is immutable', OLD.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$ LANGUAGE plpgsql;
CREATE TRIGGER processes_processversion_life BEFORE UPDATE OR DELETE ON processes_processversion
    FOR EACH ROW EXECUTE FUNCTION processes_processversion_life();
"""


def create_guards(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, lookup in PARTS.items():
        schema_editor.execute(_guard(table, lookup), params=None)
    schema_editor.execute(VERSION_GUARD, params=None)


def drop_guards(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in PARTS:
        schema_editor.execute(f"DROP FUNCTION {table}_draft_only() CASCADE", params=None)
    schema_editor.execute("DROP FUNCTION processes_processversion_life() CASCADE", params=None)


class Migration(migrations.Migration):
    dependencies = [("processes", "0001_initial")]

    operations = [migrations.RunPython(create_guards, drop_guards)]
