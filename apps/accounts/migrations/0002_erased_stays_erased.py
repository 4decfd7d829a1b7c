from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION accounts_refuse_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'person % is erased and stays so', OLD.id USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER user_erased_stays_erased
    BEFORE UPDATE ON accounts_user
    FOR EACH ROW WHEN (
        OLD.erased_at IS NOT NULL
        AND (NEW.erased_at, NEW.email, NEW.password) IS DISTINCT FROM (OLD.erased_at, OLD.email, OLD.password)
    ) EXECUTE FUNCTION accounts_refuse_return();
"""
BACKWARD = """
DROP TRIGGER user_erased_stays_erased ON accounts_user;
DROP FUNCTION accounts_refuse_return();
"""


class Migration(migrations.Migration):
    """A copy of an account that was read before its erasure cannot be written back, whatever the code above does."""

    dependencies = [("accounts", "0001_people")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
