"""What people may filter their contributions by."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.organisations.models import Organisation
from apps.publishing.enums import PublicationState
from apps.publishing.models import Publication, PublicationQuerySet
from apps.publishing.registry import kinds


class ContributionFilter(django_filters.FilterSet):  # type: ignore[misc] # the library ships no types
    q = django_filters.CharFilter(label=_("Title contains"), field_name="title", lookup_expr="icontains")
    state = django_filters.ChoiceFilter(
        label=_("State"), choices=PublicationState.choices, empty_label=_("All")
    )
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=kinds, empty_label=_("All"))
    organisation = django_filters.ModelChoiceFilter(
        label=_("Organisation"), queryset=Organisation.objects.none(), empty_label=_("All")
    )

    class Meta:
        model = Publication
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any, *, queryset: PublicationQuerySet, user: User) -> None:
        super().__init__(data, queryset=queryset)
        mine = Publication.objects.contributed_by(user).order_by().values("organisation")
        self.filters["organisation"].field.queryset = Organisation.objects.filter(pk__in=mine)
        self.form.fields["q"].widget = forms.SearchInput(attrs={"maxlength": 200})
