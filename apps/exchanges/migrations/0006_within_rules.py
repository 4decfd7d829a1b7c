from __future__ import annotations

from django.db import migrations

FORWARD = """
-- Approved and not given up since.
CREATE FUNCTION exchanges_is_reserving(state text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT state IN (
        'approved', 'agreement_pending', 'signed', 'in_progress', 'completed', 'reports_submitted', 'validated', 'paid',
        'closed'
    )
$$;

CREATE FUNCTION exchanges_length(first date, last date, kind text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT count(*) FROM generate_series(0, last - first) AS day
    WHERE kind = 'calendar' OR extract(isodow FROM first + day) < 6
$$;

CREATE FUNCTION exchanges_application_rules() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    length bigint;
BEGIN
    IF (NEW.rules ->> 'ceiling')::numeric < NEW.amount THEN
        RAISE EXCEPTION 'no stay is worth more than the ceiling of the programme'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_amount_of_programme';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.submitted_at IS NOT NULL
        AND NOT (NEW.state = 'approved' AND OLD.state <> 'approved') THEN
        RETURN NEW;
    END IF;
    length := exchanges_length(NEW.starts_on, NEW.ends_on, NEW.rules ->> 'day_kind');
    IF length < (NEW.rules ->> 'days_min')::int OR length > (NEW.rules ->> 'days_max')::int THEN
        RAISE EXCEPTION 'the stay is shorter or longer than the programme allows'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_length_of_programme';
    END IF;
    IF NEW.starts_on < (NEW.rules ->> 'stays_from')::date OR NEW.ends_on > (NEW.rules ->> 'stays_until')::date THEN
        RAISE EXCEPTION 'the stay lies outside the time of the programme'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_days_of_programme';
    END IF;
    IF EXISTS (
        SELECT FROM organisations_organisation AS party JOIN taxonomy_country AS country ON country.id = party.country_id
        WHERE (party.id = NEW.guest_id OR party.id = (SELECT host_id FROM exchanges_offer WHERE id = NEW.offer_id))
            AND NOT NEW.rules -> 'countries' ? country.code
    ) THEN
        RAISE EXCEPTION 'a country does not take part in the programme'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_countries_of_programme';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exchanges_application_rules BEFORE INSERT OR UPDATE ON exchanges_application
    FOR EACH ROW WHEN (NEW.submitted_at IS NOT NULL) EXECUTE FUNCTION exchanges_application_rules();

CREATE FUNCTION exchanges_promised(of_programme bigint, but_for uuid) RETURNS numeric LANGUAGE sql AS $$
    SELECT coalesce(sum(application.amount), 0)
    FROM exchanges_application AS application JOIN exchanges_offer AS offer ON offer.id = application.offer_id
    WHERE offer.programme_id = of_programme AND exchanges_is_reserving(application.state)
        AND application.id IS DISTINCT FROM but_for
$$;

CREATE FUNCTION exchanges_application_budget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    programme bigint;
    whole numeric;
BEGIN
    IF TG_OP = 'UPDATE' AND exchanges_is_reserving(OLD.state) AND NEW.amount <= OLD.amount THEN
        RETURN NEW;
    END IF;
    -- Two approvals at the same moment see each other.
    SELECT id, budget INTO programme, whole FROM exchanges_programme
        WHERE id = (SELECT programme_id FROM exchanges_offer WHERE id = NEW.offer_id) FOR NO KEY UPDATE;
    IF exchanges_promised(programme, NEW.id) + NEW.amount > whole THEN
        RAISE EXCEPTION 'the budget of the programme does not cover this stay'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_within_budget';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exchanges_application_budget BEFORE INSERT OR UPDATE ON exchanges_application
    FOR EACH ROW WHEN (NEW.amount > 0 AND exchanges_is_reserving(NEW.state))
    EXECUTE FUNCTION exchanges_application_budget();

CREATE FUNCTION exchanges_programme_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.currency <> OLD.currency OR NEW.funding <> OLD.funding) AND EXISTS (
        SELECT FROM exchanges_application AS application JOIN exchanges_offer AS offer ON offer.id = application.offer_id
        WHERE offer.programme_id = NEW.id AND application.submitted_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'currency and funding stay from the first application on'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'programme_money_stays';
    END IF;
    IF NEW.budget IS DISTINCT FROM OLD.budget AND exchanges_promised(NEW.id, NULL) > NEW.budget THEN
        RAISE EXCEPTION 'the budget covers what was promised'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'programme_budget_covers';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exchanges_programme_check BEFORE UPDATE ON exchanges_programme
    FOR EACH ROW EXECUTE FUNCTION exchanges_programme_check();
"""
BACKWARD = """
DROP TRIGGER exchanges_programme_check ON exchanges_programme;
DROP FUNCTION exchanges_programme_check();
DROP TRIGGER exchanges_application_budget ON exchanges_application;
DROP FUNCTION exchanges_application_budget();
DROP FUNCTION exchanges_promised(bigint, uuid);
DROP TRIGGER exchanges_application_rules ON exchanges_application;
DROP FUNCTION exchanges_application_rules();
DROP FUNCTION exchanges_length(date, date, text);
DROP FUNCTION exchanges_is_reserving(text);
"""


class Migration(migrations.Migration):
    """Length, days, countries and amount lie within the rules of the application, and the sum within the budget."""

    dependencies = [("exchanges", "0005_lump_sums")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
