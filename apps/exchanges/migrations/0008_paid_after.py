from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION exchanges_payment_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A day of Brussels is never before that of UTC.
    IF NEW.paid_on < (
        SELECT (validated_at AT TIME ZONE 'UTC')::date FROM exchanges_application WHERE id = NEW.application_id
    ) THEN
        RAISE EXCEPTION 'nothing is paid before the day of the validation'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_not_before_validation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exchanges_payment_day BEFORE INSERT ON exchanges_payment
    FOR EACH ROW EXECUTE FUNCTION exchanges_payment_day();
"""
BACKWARD = """
DROP TRIGGER exchanges_payment_day ON exchanges_payment;
DROP FUNCTION exchanges_payment_day();
"""


class Migration(migrations.Migration):
    """The day of a payment is not before that of the validation."""

    dependencies = [("exchanges", "0007_asked_for_once")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
