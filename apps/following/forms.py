from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.following.models import SavedSearch


class NameForm(forms.ModelForm[SavedSearch]):
    class Meta:
        model = SavedSearch
        fields = ("name",)
        labels = {"name": _("Name")}
        help_texts = {"name": _("Only you see it: in your list and in what you are told.")}


class SaveForm(forms.Form):
    """What a catalogue posts: its path, its question, and a name if one was typed."""

    path = forms.CharField(max_length=200, widget=forms.HiddenInput)
    query = forms.CharField(max_length=4000, required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("Only you see it. Leave it empty to take the search itself as its name."),
    )
