"""A person and the consents they gave."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.accounts.validators import validate_name
from apps.core.models import TimeStampedModel


class UserManager(BaseUserManager["User"]):
    """Make people by e-mail address; addresses differ by more than their case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, *, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, *, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email=email, password=password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin, TimeStampedModel):
    """A person, known to others by name only: the address is never shown, its domain to curators alone."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(
        _("name"),
        max_length=120,
        validators=[validate_name],
        help_text=_("As other people of the hub shall see it."),
    )
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Brussels")
    is_staff = models.BooleanField(
        _("curator"), default=False, help_text=_("May work in the administration.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)
    erased_at = models.DateTimeField(_("erased"), null=True, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case"),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(is_active=False, is_staff=False, is_superuser=False, name=""),
                name="user_erased_keeps_nothing",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    @property
    def email_domain(self) -> str:
        """Where they get their mail: it helps a curator to judge for whom they speak."""
        return self.email.rpartition("@")[2]

    def get_full_name(self) -> str:
        """The name that others see; an erased person keeps none."""
        return str(_("former member")) if self.erased_at else self.name or str(_("unnamed member"))

    def get_short_name(self) -> str:
        return self.get_full_name()


class Consent(models.Model):
    """That a person agreed to one version of one text, and when."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="consents")
    text = models.CharField(_("text"), max_length=40)
    version = models.CharField(_("version"), max_length=20)
    given_at = models.DateTimeField(_("given"), default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "text", "version"], name="consent_once_for_each_version")
        ]

    def __str__(self) -> str:
        return f"{self.text} {self.version}"

    @property
    def title(self) -> str:
        """What people call the text; one that the hub no longer knows keeps its code."""
        return str({"privacy": _("privacy statement")}.get(self.text, self.text))
