"""Changes to people that have consequences."""

from __future__ import annotations

import uuid

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts import permissions, personal_data
from apps.accounts.consents import PRIVACY, privacy_version
from apps.accounts.events import PersonErased
from apps.accounts.models import Consent, User
from apps.core.events import publish
from apps.core.exceptions import RuleBrokenError, StepNotAllowedError


@transaction.atomic
def create_person(
    *,
    email: str,
    name: str,
    password: str | None = None,
    language: str = "en",
    time_zone: str = "Europe/Brussels",
    is_staff: bool = False,
    is_superuser: bool = False,
) -> User:
    """Make somebody who can sign in at once: for demonstrations and set-up, where no mail can be answered."""
    person = User.objects.create_user(
        email=email,
        password=password,
        name=name,
        language=language,
        time_zone=time_zone,
        is_staff=is_staff,
        is_superuser=is_superuser,
    )
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    record_consent(person=person)
    return person


def record_consent(*, person: User, text: str = PRIVACY, version: str = "") -> Consent:
    """Keep that this person agreed; agreeing twice to one version is one consent."""
    consent, _created = Consent.objects.get_or_create(
        user=person, text=text, version=version or privacy_version()
    )
    return consent


@transaction.atomic
def release_address(*, email: str, to: User) -> None:
    """Remove accounts that took this address at sign-up and never showed that it is theirs.

    Otherwise anybody could keep its owner from using it. Such an account never signed in, so it holds nothing.
    """
    User.objects.filter(
        email__iexact=email, last_login__isnull=True, is_staff=False, is_superuser=False
    ).exclude(pk=to.pk).exclude(emailaddress__verified=True).delete()


@transaction.atomic
def erase_person(*, person_id: int, by: User) -> User:
    """Remove all personal data of an account for good, and let what they contributed stay."""
    person = User.objects.select_for_update(no_key=True).get(pk=person_id)
    if person.erased_at:
        raise StepNotAllowedError(_("This account is erased already."))
    if not permissions.can_erase(by, person):
        raise RuleBrokenError(_("Only the person or a superuser can erase an account."))
    if obstacles := personal_data.erasure_obstacles(person):
        raise RuleBrokenError(" ".join(obstacles))
    personal_data.run_erasures(person)
    _forget_sign_in(person)
    _anonymise(person)
    publish(PersonErased(user_id=person.pk))
    return person


def _forget_sign_in(person: User) -> None:
    for session in UserSession.objects.filter(user=person):
        session.end()
    EmailAddress.objects.filter(user=person).delete()
    Authenticator.objects.filter(user=person).delete()
    SocialAccount.objects.filter(user=person).delete()
    person.groups.clear()
    person.user_permissions.clear()


def _anonymise(person: User) -> None:
    person.email = f"erased-{uuid.uuid4()}@invalid"
    person.name = ""
    person.language = "en"
    person.time_zone = "UTC"
    person.last_login = None
    person.is_active = person.is_staff = person.is_superuser = False
    person.erased_at = timezone.now()
    # An unusable password also ends every session that is not listed: their hash no longer fits.
    person.set_unusable_password()
    person.save()
    about_person = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk)
    )
    about_person.update(object_repr=str(person)[:200], change_message="")


def no_superuser_left(person: User) -> list[str]:
    """The hub must not lose the last one who can run it."""
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=person.pk)
    if person.is_superuser and not others.exists():
        return [_("You are the only superuser. Please make somebody else one first.")]
    return []
