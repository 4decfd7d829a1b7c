from __future__ import annotations

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    """What the hub uses of PostgreSQL's own extensions."""

    operations = [TrigramExtension(), UnaccentExtension(), BtreeGistExtension()]
