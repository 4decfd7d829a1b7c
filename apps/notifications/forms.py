"""How often each kind is mailed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.notifications.enums import Frequency
from apps.notifications.kinds import kinds_for
from apps.notifications.models import Preference
from apps.notifications.services import choose_frequency

# As short as the head of a column.
_CHOICES = (
    (Frequency.AT_ONCE, _("At once")),
    (Frequency.DAILY, _("Daily")),
    (Frequency.WEEKLY, _("Weekly")),
    (Frequency.NEVER, _("Never")),
)


class FrequencyForm(forms.Form):
    """One choice for each kind that is registered."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        chosen = dict(Preference.objects.filter(user=user).values_list("kind", "frequency"))
        for kind in kinds_for(user):
            self.fields[kind.code] = forms.ChoiceField(
                label=kind.label,
                choices=_CHOICES,
                widget=forms.RadioSelect,
                initial=chosen.get(kind.code, kind.default_frequency),
            )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """What belongs together, in the order in which the apps registered it."""
        grouped: dict[str, list[forms.BoundField]] = {}
        for kind in kinds_for(self.user):
            grouped.setdefault(str(kind.group), []).append(self[kind.code])
        return list(grouped.items())

    def frequencies(self) -> list[tuple[str, Any]]:
        return list(_CHOICES)

    @transaction.atomic
    def save(self) -> None:
        for code in self.changed_data:
            choose_frequency(kind_code=code, frequency=self.cleaned_data[code], by=self.user)
