from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION exchanges_application_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_host bigint;
    of_places smallint;
BEGIN
    SELECT host_id, places INTO of_host, of_places FROM exchanges_offer WHERE id = NEW.offer_id;
    IF of_host = NEW.guest_id THEN
        RAISE EXCEPTION 'an organisation is no guest of its own'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_two_sides';
    END IF;
    IF NEW.place IS NOT NULL AND (NEW.place < 1 OR NEW.place > of_places) THEN
        RAISE EXCEPTION 'the host has no such place'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_place_of_host';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.submitted_at IS NOT NULL AND (
        NEW.offer_id <> OLD.offer_id OR NEW.guest_id <> OLD.guest_id OR NEW.rules IS DISTINCT FROM OLD.rules
    ) THEN
        RAISE EXCEPTION 'what was submitted stays with its offer, its guest and its rules'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_submitted_stays';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exchanges_application_check BEFORE INSERT OR UPDATE ON exchanges_application
    FOR EACH ROW EXECUTE FUNCTION exchanges_application_check();

CREATE FUNCTION exchanges_offer_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.theme_id <> OLD.theme_id OR NEW.host_id <> OLD.host_id OR NEW.programme_id <> OLD.programme_id)
        AND EXISTS (
            SELECT FROM exchanges_application WHERE offer_id = NEW.id AND submitted_at IS NOT NULL
        ) THEN
        RAISE EXCEPTION 'the theme of an offer stands still from its first application on'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_theme_stays';
    END IF;
    IF NEW.places < OLD.places AND EXISTS (
        SELECT FROM exchanges_application WHERE offer_id = NEW.id AND place > NEW.places
    ) THEN
        RAISE EXCEPTION 'a place that somebody has cannot go'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_places_taken';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exchanges_offer_check BEFORE UPDATE ON exchanges_offer
    FOR EACH ROW EXECUTE FUNCTION exchanges_offer_check();

CREATE FUNCTION exchanges_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'agreements, signatures and payments are written once' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER exchanges_agreement_once BEFORE UPDATE OR DELETE ON exchanges_agreement
    FOR EACH ROW EXECUTE FUNCTION exchanges_refuse_change();
CREATE TRIGGER exchanges_signature_once BEFORE UPDATE OR DELETE ON exchanges_signature
    FOR EACH ROW EXECUTE FUNCTION exchanges_refuse_change();
CREATE TRIGGER exchanges_payment_once BEFORE UPDATE OR DELETE ON exchanges_payment
    FOR EACH ROW EXECUTE FUNCTION exchanges_refuse_change();

CREATE FUNCTION exchanges_payment_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT validated_at FROM exchanges_application WHERE id = NEW.application_id) IS NULL
        OR (SELECT count(*) FROM exchanges_report
            WHERE application_id = NEW.application_id AND submitted_at IS NOT NULL) < 2
        OR NOT EXISTS (SELECT FROM exchanges_evidence WHERE application_id = NEW.application_id) THEN
        RAISE EXCEPTION 'nothing is paid before both reports and evidence were validated'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_after_validation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exchanges_payment_check BEFORE INSERT ON exchanges_payment
    FOR EACH ROW EXECUTE FUNCTION exchanges_payment_check();

CREATE FUNCTION exchanges_signature_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.text_hash <> (SELECT text_hash FROM exchanges_agreement WHERE id = NEW.agreement_id) THEN
        RAISE EXCEPTION 'what is signed is the text of the agreement'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signature_of_this_text';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER exchanges_signature_check BEFORE INSERT ON exchanges_signature
    FOR EACH ROW EXECUTE FUNCTION exchanges_signature_check();
"""
BACKWARD = """
DROP TRIGGER exchanges_signature_check ON exchanges_signature;
DROP FUNCTION exchanges_signature_check();
DROP TRIGGER exchanges_payment_check ON exchanges_payment;
DROP FUNCTION exchanges_payment_check();
DROP TRIGGER exchanges_payment_once ON exchanges_payment;
DROP TRIGGER exchanges_signature_once ON exchanges_signature;
DROP TRIGGER exchanges_agreement_once ON exchanges_agreement;
DROP FUNCTION exchanges_refuse_change();
DROP TRIGGER exchanges_offer_check ON exchanges_offer;
DROP FUNCTION exchanges_offer_check();
DROP TRIGGER exchanges_application_check ON exchanges_application;
DROP FUNCTION exchanges_application_check();
"""


class Migration(migrations.Migration):
    """What a constraint of one row cannot see, and what is written once."""

    dependencies = [("exchanges", "0001_exchanges")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
