from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary
from django.db import migrations, models

RUNNING = (
    "submitted", "accepted", "under_review", "waiting_list", "approved", "agreement_pending", "signed", "in_progress",
    "completed", "reports_submitted", "validated", "paid", "closed",
)  # fmt: skip


class Migration(migrations.Migration):
    """One person asks one host for the same days once."""

    dependencies = [("exchanges", "0006_within_rules")]
    operations = [
        migrations.AddConstraint(
            "application",
            ExclusionConstraint(
                name="application_asked_for_once",
                expressions=[
                    ("offer", "="),
                    ("traveller", "="),
                    (
                        models.Func(
                            "starts_on",
                            "ends_on",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        "&&",
                    ),
                ],
                condition=models.Q(state__in=RUNNING),
            ),
        ),
    ]
