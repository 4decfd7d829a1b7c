"""What people type about themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.consents import privacy_label
from apps.accounts.models import User
from apps.accounts.time_zones import canonical_zone, time_zone_choices, zone_label
from apps.accounts.validators import validate_name


class SignupForm(forms.Form):
    """What sign-up asks besides what allauth needs, by e-mail and by single sign-on alike."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        validators=[validate_name],
        help_text=_("As other people of the hub shall see it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    privacy = forms.BooleanField(
        label=privacy_label(),
        error_messages={"required": _("We can only make an account for you if you agree.")},
    )
    field_order = ("name", "email", "password1", "password2", "privacy")

    def signup(self, request: HttpRequest, user: User) -> None:
        from apps.accounts import services  # services need the models of allauth, which reads this form first

        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name", "updated_at"])
        services.record_consent(person=user)


class ProfileForm(forms.ModelForm[User]):
    """What a person chooses for themselves."""

    language = forms.ChoiceField(label=_("Language"), help_text=_("Of the pages and of our mails."))
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Times are shown in this zone."))

    class Meta:
        model = User
        fields = ("name", "language", "time_zone")
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices("language", list(settings.LANGUAGES))
        self._choices("time_zone", self._zones())

    def _zones(self) -> list[Any]:
        """With the person's own first where the list has it not: their other settings must be saved all the same."""
        own = self.initial["time_zone"] = canonical_zone(self.instance.time_zone)
        groups = time_zone_choices()
        if any(own == zone for _title, zones in groups for zone, _label in zones):
            return list(groups)
        return [(own, zone_label(own)), *groups]

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices


class ErasureForm(forms.Form):
    """A press by mistake must not erase an account."""

    sure = forms.BooleanField(
        label=_("I understand that this cannot be undone."),
        error_messages={"required": _("Please confirm that you understand.")},
    )
