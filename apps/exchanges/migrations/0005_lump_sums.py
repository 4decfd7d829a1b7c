from django.db import migrations, models


class Migration(migrations.Migration):
    """From the submission on, a lump sum is an amount: what is missing is not zero."""

    dependencies = [("exchanges", "0004_time")]

    operations = [
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("submitted_at__isnull", True),
                    models.Q(
                        models.Q(("rules__funding", "lump_sum"), _negated=True), ("amount__isnull", True)
                    ),
                    models.Q(
                        ("amount", 0),
                        ("amount__isnull", False),
                        ("is_virtual", True),
                        ("rules__funding", "lump_sum"),
                    ),
                    models.Q(
                        ("amount__gt", 0),
                        ("amount__isnull", False),
                        ("is_virtual", False),
                        ("rules__funding", "lump_sum"),
                    ),
                    _connector="OR",
                ),
                name="application_lump_sum_is_an_amount",
            ),
        ),
    ]
