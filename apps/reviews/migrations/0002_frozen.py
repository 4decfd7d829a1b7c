from __future__ import annotations

from django.db import migrations

FORWARD = """
CREATE FUNCTION reviews_criteriaset_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.frozen_at IS NOT NULL AND (
        NEW.frozen_at IS NULL OR NEW.top_points <> OLD.top_points OR NEW.threshold <> OLD.threshold
        OR NEW.reviewers <> OLD.reviewers OR NEW.third_above IS DISTINCT FROM OLD.third_above
    ) THEN
        RAISE EXCEPTION 'cases are scored by these criteria'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'criteriaset_frozen';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER reviews_criteriaset_keep BEFORE UPDATE ON reviews_criteriaset
    FOR EACH ROW EXECUTE FUNCTION reviews_criteriaset_keep();

CREATE FUNCTION reviews_criterion_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_set bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.criteria_id ELSE OLD.criteria_id END;
BEGIN
    IF EXISTS (SELECT FROM reviews_criteriaset WHERE id = of_set AND frozen_at IS NOT NULL) THEN
        RAISE EXCEPTION 'cases are scored by these criteria'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'criterion_frozen';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER reviews_criterion_keep BEFORE INSERT OR UPDATE OR DELETE ON reviews_criterion
    FOR EACH ROW EXECUTE FUNCTION reviews_criterion_keep();

CREATE FUNCTION reviews_review_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state = 'submitted' OR NEW.panel_id <> OLD.panel_id
        OR NEW.reviewer_id <> OLD.reviewer_id THEN
        RAISE EXCEPTION 'a review that was handed in stays, and every review stays with its case and its reviewer'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'review_kept';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER reviews_review_keep BEFORE UPDATE OR DELETE ON reviews_review
    FOR EACH ROW EXECUTE FUNCTION reviews_review_keep();

CREATE FUNCTION reviews_score_keep() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_review uuid := CASE WHEN TG_OP = 'INSERT' THEN NEW.review_id ELSE OLD.review_id END;
BEGIN
    IF EXISTS (SELECT FROM reviews_review WHERE id = of_review AND state = 'submitted') THEN
        RAISE EXCEPTION 'the scores of a review that was handed in stay'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'score_kept';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER reviews_score_keep BEFORE INSERT OR UPDATE OR DELETE ON reviews_score
    FOR EACH ROW EXECUTE FUNCTION reviews_score_keep();
"""
BACKWARD = """
DROP TRIGGER reviews_score_keep ON reviews_score;
DROP FUNCTION reviews_score_keep();
DROP TRIGGER reviews_review_keep ON reviews_review;
DROP FUNCTION reviews_review_keep();
DROP TRIGGER reviews_criterion_keep ON reviews_criterion;
DROP FUNCTION reviews_criterion_keep();
DROP TRIGGER reviews_criteriaset_keep ON reviews_criteriaset;
DROP FUNCTION reviews_criteriaset_keep();
"""


class Migration(migrations.Migration):
    """What a decision rests on does not change after it: criteria in use, reviews handed in and their scores."""

    dependencies = [("reviews", "0001_reviews")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
