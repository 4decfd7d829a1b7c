from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import migrations, models
from django.db.models import Q

FORWARD = """
UPDATE exchanges_application SET place = NULL WHERE state IN ('expired', 'withdrawn', 'cancelled');

CREATE OR REPLACE FUNCTION exchanges_application_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_host bigint;
    of_places smallint;
BEGIN
    SELECT host_id, places INTO of_host, of_places FROM exchanges_offer WHERE id = NEW.offer_id;
    IF of_host = NEW.guest_id THEN
        RAISE EXCEPTION 'an organisation is no guest of its own'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'application_two_sides';
    END IF;
    -- Whoever had a place keeps it in the history, also when the host has fewer today.
    IF NEW.place IS NOT NULL AND (NEW.place < 1 OR NEW.place > of_places)
        AND (TG_OP = 'INSERT' OR NEW.place IS DISTINCT FROM OLD.place) THEN
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

CREATE OR REPLACE FUNCTION exchanges_offer_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.theme_id <> OLD.theme_id OR NEW.host_id <> OLD.host_id OR NEW.programme_id <> OLD.programme_id)
        AND EXISTS (
            SELECT FROM exchanges_application WHERE offer_id = NEW.id AND submitted_at IS NOT NULL
        ) THEN
        RAISE EXCEPTION 'the theme of an offer stands still from its first application on'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_theme_stays';
    END IF;
    IF NEW.places < OLD.places AND EXISTS (
        SELECT FROM exchanges_application
        WHERE offer_id = NEW.id AND place > NEW.places
            AND state NOT IN ('expired', 'withdrawn', 'cancelled')
            AND ends_on >= (now() AT TIME ZONE 'Europe/Brussels')::date
    ) THEN
        RAISE EXCEPTION 'a place that somebody has cannot go'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_places_taken';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION exchanges_promised(of_programme bigint, but_for uuid) RETURNS numeric LANGUAGE sql AS $$
    SELECT coalesce(sum(application.amount), 0)
    FROM exchanges_application AS application JOIN exchanges_offer AS offer ON offer.id = application.offer_id
    WHERE offer.programme_id = of_programme AND exchanges_is_reserving(application.state)
        -- What was closed without its reports is never paid.
        AND NOT (application.state = 'closed' AND application.validated_at IS NULL)
        AND application.id IS DISTINCT FROM but_for
$$;
"""


class Migration(migrations.Migration):
    """Places end with their stays, and what became public can be taken back."""

    dependencies = [("exchanges", "0008_paid_after")]
    operations = [
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
        migrations.AlterField(
            "programme",
            "grace_minutes",
            models.PositiveSmallIntegerField(
                default=60,
                help_text="How long after its deadline an application, or the answer of a host, is still taken.",
                validators=[MaxValueValidator(1440)],
                verbose_name="grace in minutes",
            ),
        ),
        migrations.AddField(
            "followup",
            "taken_down_at",
            models.DateTimeField(editable=False, null=True, verbose_name="taken down"),
        ),
        migrations.AddConstraint(
            "followup",
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True) | Q(taken_down_at__isnull=True),
                name="followup_approved_or_taken_down",
            ),
        ),
        migrations.AddConstraint(
            "application",
            models.CheckConstraint(
                condition=~Q(state__in=["expired", "withdrawn", "cancelled"]) | Q(place__isnull=True),
                name="application_ended_has_no_place",
            ),
        ),
    ]
