"""People in the administration: look up, help, deactivate; never see a password, never delete."""

from __future__ import annotations

from typing import Any

from allauth.account import admin as account_admin  # noqa: F401 - registers, see below
from allauth.account.models import EmailAddress
from allauth.mfa import admin as mfa_admin  # noqa: F401
from allauth.mfa.models import Authenticator
from allauth.socialaccount import admin as social_admin  # noqa: F401
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions import admin as session_admin  # noqa: F401
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.auth import admin as auth_admin  # noqa: F401
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from apps.accounts import permissions, services
from apps.accounts.models import User
from apps.core.admin import ReadOnlyMixin
from apps.core.exceptions import HubError

# Secrets, keys and tokens are nobody's to read; single sign-on is set up in the environment; the hub has no groups.
for model in (Authenticator, EmailAddress, Group, SocialAccount, SocialApp, SocialToken, UserSession):
    admin.site.unregister(model)


class EmailAddressInline(ReadOnlyMixin, admin.TabularInline[EmailAddress, User]):
    model = EmailAddress
    template = "admin/edit_inline/readonly.html"
    fields = ("email", "verified", "primary")
    readonly_fields = fields
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return permissions.can_see_people(request.user)


@admin.register(User)
class UserAdmin(admin.ModelAdmin[User]):
    list_display = ("name_or_former", "email", "is_active", "is_staff", "date_joined", "last_login")
    list_display_links = ("name_or_former", "email")
    list_filter = ("is_active", "is_staff", "is_superuser", "language")
    search_fields = ("name", "email", "emailaddress__email")
    ordering = ("name", "pk")
    date_hierarchy = "date_joined"
    fields = (
        "name",
        "email",
        "language",
        "time_zone",
        "is_active",
        "is_staff",
        "is_superuser",
        "date_joined",
        "last_login",
        "erased_at",
    )
    always_readonly = ("email", "date_joined", "last_login", "erased_at")
    inlines = (EmailAddressInline,)
    actions = ("erase_people",)

    @admin.display(description=_("name"), ordering="name")
    def name_or_former(self, person: User) -> str:
        return str(person)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return permissions.can_see_people(request.user)

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return permissions.can_see_people(request.user)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is None:
            return permissions.can_see_people(request.user)
        return permissions.can_change_person(request.user, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """People sign up themselves, so that their address is confirmed and they agreed to the privacy statement."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Deleting would tear holes into what they contributed; erasure keeps it under "former member"."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """A change holds the account, who changes it, and all superusers: two who demote each other leave one."""
        person = super().get_object(request, object_id, from_field)
        if person is None or request.method != "POST":
            return person
        by = request.user.pk or 0
        people = services.lock_people(person.pk, by, and_superusers=True)
        request.user = people[by]
        return people[person.pk]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        readonly = list(self.always_readonly)
        if obj is None or not permissions.can_deactivate(request.user, obj):
            readonly.append("is_active")
        if obj is None or not permissions.can_make_curator(request.user, obj):
            readonly += ["is_staff", "is_superuser"]
        return readonly

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not request.user.is_superuser:
            actions.pop("erase_people", None)
        return actions

    @admin.action(description=_("Erase selected people for good"))
    def erase_people(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        if "confirmed" in request.POST:
            self._erase(request, people)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Erase people"),
            "people": people,
            "opts": self.model._meta,
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return render(request, "accounts/admin_erase.html", context)

    def _erase(self, request: HttpRequest, people: QuerySet[User]) -> None:
        erased = 0
        for person in people:
            name = str(person)
            try:
                services.erase_person(person_id=person.pk, by=request.user)  # type: ignore[arg-type]
            except HubError as error:
                self.message_user(request, f"{name}: {error.message}", messages.ERROR)
            else:
                erased += 1
        if erased:
            text = ngettext("%(count)d account is erased.", "%(count)d accounts are erased.", erased)
            self.message_user(request, text % {"count": erased}, messages.SUCCESS)
