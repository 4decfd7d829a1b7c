from __future__ import annotations

from django.db import migrations

# Deferred, so that within one transaction a manager may hand over and leave in any order. The lock makes two
# transactions that each remove a manager wait for each other: without it each would still see the other's manager.
FORWARD = """
CREATE FUNCTION organisations_require_manager() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM organisations_organisation WHERE id = OLD.organisation_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM organisations_membership WHERE organisation_id = OLD.organisation_id)
        AND NOT EXISTS (
            SELECT 1 FROM organisations_membership
            WHERE organisation_id = OLD.organisation_id AND role = 'manager'
        )
    THEN
        RAISE EXCEPTION 'organisation % has members and would lose its last manager', OLD.organisation_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER membership_last_manager_stays
    AFTER DELETE OR UPDATE OF role, organisation_id ON organisations_membership
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'manager') EXECUTE FUNCTION organisations_require_manager();
"""
BACKWARD = """
DROP TRIGGER membership_last_manager_stays ON organisations_membership;
DROP FUNCTION organisations_require_manager();
"""


class Migration(migrations.Migration):
    """The database keeps a manager in every organisation that has members, whatever the code above it does."""

    dependencies = [("organisations", "0001_organisations")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
