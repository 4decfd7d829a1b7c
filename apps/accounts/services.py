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
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from apps.accounts import permissions, personal_data
from apps.accounts.consents import PRIVACY, privacy_version
from apps.accounts.events import PersonErased
from apps.accounts.models import Consent, User
from apps.core.events import publish
from apps.core.exceptions import ForbiddenError, RuleBrokenError, StepNotAllowedError


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


class AccountClosedError(RuleBrokenError, ForbiddenError):
    """Who acts was deactivated or erased since their page was opened; a view that does not ask answers 403."""

    default_message = _lazy("Your account is no longer active.")


def lock_people(*pks: int, and_superusers: bool = False) -> dict[int, User]:
    """The first of all locks (docs/architecture.md), lowest number first; gives the people as they are now."""
    wanted = Q(pk__in=pks)
    if and_superusers:
        wanted |= Q(is_superuser=True, is_active=True)
    rows = User.objects.filter(wanted).order_by("pk").select_for_update(no_key=True)
    return {person.pk: person for person in rows}


def lock_actor(by: User, *others: int) -> User:
    """Who acts, as they are now: what the page read may be old. Raises AccountClosedError if they left meanwhile.

    Every service that changes something asks this first, before it locks anything else.
    """
    actor = lock_people(by.pk, *others).get(by.pk)
    if actor is None or not actor.is_active:
        raise AccountClosedError
    return actor


@transaction.atomic
def change_profile(*, values: dict[str, str], by: User) -> User:
    """Write what the person typed and nothing else of the account: the rest may have changed meanwhile."""
    person = lock_actor(by)
    for name, value in values.items():
        setattr(person, name, value)
    person.save(update_fields=[*values, "updated_at"])
    return person


@transaction.atomic
def change_password(*, person: User, password: str) -> None:
    """An account that was erased meanwhile stays without one."""
    person.set_password(password)
    rows = User.objects.filter(pk=person.pk, erased_at__isnull=True)
    rows.update(password=person.password, updated_at=timezone.now())


@transaction.atomic
def erase_person(*, person_id: int, by: User) -> User:
    """Remove all personal data of an account for good, and let what they contributed stay.

    All superusers are held, so that two who leave at once are asked one after the other whether one stays.
    """
    people = lock_people(person_id, by.pk, and_superusers=True)
    person, by = people[person_id], people[by.pk]
    if person.erased_at:
        raise StepNotAllowedError(_("This account is erased already."))
    if not by.is_active:
        raise AccountClosedError
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


_ANONYMISED = (
    "email",
    "name",
    "language",
    "time_zone",
    "last_login",
    "is_active",
    "is_staff",
    "is_superuser",
    "erased_at",
    "password",
    "updated_at",
)


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
    person.save(update_fields=_ANONYMISED)
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
