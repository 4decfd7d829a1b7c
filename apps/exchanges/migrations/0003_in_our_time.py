import datetime

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """No date so far off that a zone or a program has no name for it."""

    dependencies = [("exchanges", "0002_never")]

    operations = [
        migrations.AlterField(
            model_name="application",
            name="ends_on",
            field=models.DateField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(
                        datetime.date(2000, 1, 1), "Please give a day between the years 2000 and 2100."
                    ),
                    django.core.validators.MaxValueValidator(
                        datetime.date(2100, 12, 31), "Please give a day between the years 2000 and 2100."
                    ),
                ],
                verbose_name="last day",
            ),
        ),
        migrations.AlterField(
            model_name="application",
            name="starts_on",
            field=models.DateField(
                blank=True,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(
                        datetime.date(2000, 1, 1), "Please give a day between the years 2000 and 2100."
                    ),
                    django.core.validators.MaxValueValidator(
                        datetime.date(2100, 12, 31), "Please give a day between the years 2000 and 2100."
                    ),
                ],
                verbose_name="first day",
            ),
        ),
        migrations.AlterField(
            model_name="offerwindow",
            name="ends_on",
            field=models.DateField(
                validators=[
                    django.core.validators.MinValueValidator(
                        datetime.date(2000, 1, 1), "Please give a day between the years 2000 and 2100."
                    ),
                    django.core.validators.MaxValueValidator(
                        datetime.date(2100, 12, 31), "Please give a day between the years 2000 and 2100."
                    ),
                ],
                verbose_name="until",
            ),
        ),
        migrations.AlterField(
            model_name="offerwindow",
            name="starts_on",
            field=models.DateField(
                validators=[
                    django.core.validators.MinValueValidator(
                        datetime.date(2000, 1, 1), "Please give a day between the years 2000 and 2100."
                    ),
                    django.core.validators.MaxValueValidator(
                        datetime.date(2100, 12, 31), "Please give a day between the years 2000 and 2100."
                    ),
                ],
                verbose_name="from",
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="paid_on",
            field=models.DateField(
                validators=[
                    django.core.validators.MinValueValidator(
                        datetime.date(2000, 1, 1), "Please give a day between the years 2000 and 2100."
                    ),
                    django.core.validators.MaxValueValidator(
                        datetime.date(2100, 12, 31), "Please give a day between the years 2000 and 2100."
                    ),
                ],
                verbose_name="paid on",
            ),
        ),
        migrations.AlterField(
            model_name="programme",
            name="closes_at",
            field=models.DateTimeField(
                validators=[
                    django.core.validators.MinValueValidator(
                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                        "Please give a day between the years 2000 and 2100.",
                    ),
                    django.core.validators.MaxValueValidator(
                        datetime.datetime(2100, 12, 31, 0, 0, tzinfo=datetime.UTC),
                        "Please give a day between the years 2000 and 2100.",
                    ),
                ],
                verbose_name="applications until",
            ),
        ),
        migrations.AlterField(
            model_name="programme",
            name="opens_at",
            field=models.DateTimeField(
                validators=[
                    django.core.validators.MinValueValidator(
                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                        "Please give a day between the years 2000 and 2100.",
                    ),
                    django.core.validators.MaxValueValidator(
                        datetime.datetime(2100, 12, 31, 0, 0, tzinfo=datetime.UTC),
                        "Please give a day between the years 2000 and 2100.",
                    ),
                ],
                verbose_name="applications from",
            ),
        ),
        migrations.AlterField(
            model_name="programme",
            name="stays_from",
            field=models.DateField(
                validators=[
                    django.core.validators.MinValueValidator(
                        datetime.date(2000, 1, 1), "Please give a day between the years 2000 and 2100."
                    ),
                    django.core.validators.MaxValueValidator(
                        datetime.date(2100, 12, 31), "Please give a day between the years 2000 and 2100."
                    ),
                ],
                verbose_name="stays from",
            ),
        ),
        migrations.AlterField(
            model_name="programme",
            name="stays_until",
            field=models.DateField(
                validators=[
                    django.core.validators.MinValueValidator(
                        datetime.date(2000, 1, 1), "Please give a day between the years 2000 and 2100."
                    ),
                    django.core.validators.MaxValueValidator(
                        datetime.date(2100, 12, 31), "Please give a day between the years 2000 and 2100."
                    ),
                ],
                verbose_name="stays until",
            ),
        ),
        migrations.AddConstraint(
            model_name="application",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("starts_on__range", (datetime.date(2000, 1, 1), datetime.date(2100, 12, 31))),
                        ("starts_on__isnull", True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("ends_on__range", (datetime.date(2000, 1, 1), datetime.date(2100, 12, 31))),
                        ("ends_on__isnull", True),
                        _connector="OR",
                    ),
                ),
                name="application_in_our_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="offerwindow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("starts_on__range", (datetime.date(2000, 1, 1), datetime.date(2100, 12, 31))),
                        ("starts_on__isnull", True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("ends_on__range", (datetime.date(2000, 1, 1), datetime.date(2100, 12, 31))),
                        ("ends_on__isnull", True),
                        _connector="OR",
                    ),
                ),
                name="offerwindow_in_our_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("paid_on__range", (datetime.date(2000, 1, 1), datetime.date(2100, 12, 31))),
                    ("paid_on__isnull", True),
                    _connector="OR",
                ),
                name="payment_in_our_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="programme",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "opens_at__range",
                            (
                                datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                datetime.datetime(2100, 12, 31, 0, 0, tzinfo=datetime.UTC),
                            ),
                        ),
                        ("opens_at__isnull", True),
                        _connector="OR",
                    ),
                    models.Q(
                        (
                            "closes_at__range",
                            (
                                datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                datetime.datetime(2100, 12, 31, 0, 0, tzinfo=datetime.UTC),
                            ),
                        ),
                        ("closes_at__isnull", True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("stays_from__range", (datetime.date(2000, 1, 1), datetime.date(2100, 12, 31))),
                        ("stays_from__isnull", True),
                        _connector="OR",
                    ),
                    models.Q(
                        ("stays_until__range", (datetime.date(2000, 1, 1), datetime.date(2100, 12, 31))),
                        ("stays_until__isnull", True),
                        _connector="OR",
                    ),
                ),
                name="programme_in_our_time",
            ),
        ),
    ]
