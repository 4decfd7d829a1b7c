from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION publication_check_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_kind varchar;
    of_live bigint;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.live_id IS DISTINCT FROM OLD.live_id OR NEW.kind <> OLD.kind THEN
            RAISE EXCEPTION 'the kind of a publication and what it is a version of never change'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'publication_kind_and_live_fixed';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.live_id IS NOT NULL THEN
        SELECT kind, live_id INTO of_kind, of_live FROM publishing_publication WHERE id = NEW.live_id;
        IF of_live IS NOT NULL THEN
            RAISE EXCEPTION 'a pending version has no pending version'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'publication_version_of_live';
        END IF;
        IF of_kind <> NEW.kind THEN
            RAISE EXCEPTION 'a pending version is of the kind of its live item'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'publication_version_of_same_kind';
        END IF;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER publication_check_version
    BEFORE INSERT OR UPDATE OF live_id, kind ON publishing_publication
    FOR EACH ROW EXECUTE FUNCTION publication_check_version();
"""
BACKWARD = """
DROP TRIGGER publication_check_version ON publishing_publication;
DROP FUNCTION publication_check_version();
"""


class Migration(migrations.Migration):
    """A constraint sees one row only; that a version belongs to a live item of its kind is a matter of two."""

    dependencies = [("publishing", "0001_publications")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
