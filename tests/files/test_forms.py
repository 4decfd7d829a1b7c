"""The upload field: clear messages, and a valid file that survives the errors of other fields."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.accounts.models import User
from apps.core.uploadhandlers import TooLargeUpload
from apps.files.enums import ExtractionState
from apps.files.forms import UploadField, sign_kept
from apps.files.models import StoredFile
from tests.factories import files as make
from tests.factories.accounts import UserFactory
from tests.files.urls import OptionalForm, SampleForm

TOKEN = re.compile(r'name="file-kept" value="([^"]+)"')


def sample(
    user: User,
    *,
    upload: Any = None,
    initial: Any = None,
    form_class: Any = SampleForm,
    **data: Any,
) -> Any:
    files = {"file": upload} if upload else {}
    return form_class(data, files, uploader=user, initial={"file": initial} if initial else None)


def test_form_valid_upload_gives_the_stored_file(user: User) -> None:
    form = sample(user, upload=make.make_upload(), title="x")
    assert form.is_valid()
    stored = form.cleaned_data["file"]
    assert isinstance(stored, StoredFile)
    assert stored.uploaded_by == user


def test_form_error_elsewhere_keeps_the_file_and_takes_it_the_next_time(user: User) -> None:
    form = sample(user, upload=make.make_upload(name="My report.pdf"), title="")
    assert not form.is_valid()
    assert "file" not in form.errors
    html = str(form["file"])
    assert "Kept: My report.pdf" in html
    token = TOKEN.search(html)
    assert token
    assert " required" not in html
    again = sample(user, title="x", **{"file-kept": token[1]})
    assert again.is_valid()
    assert again.cleaned_data["file"] == StoredFile.objects.get()


def test_form_double_submit_of_a_kept_file_is_harmless(user: User) -> None:
    token = sign_kept(make.StoredFileFactory.create(uploaded_by=user))
    first, second = (sample(user, title="x", **{"file-kept": token}) for _n in range(2))
    assert first.is_valid()
    assert second.is_valid()
    assert first.cleaned_data["file"] == second.cleaned_data["file"]
    assert StoredFile.objects.count() == 1


def test_form_checked_twice_stores_once(user: User) -> None:
    form = sample(user, upload=make.make_upload(), title="x")
    form.is_valid()
    form.is_valid()
    assert StoredFile.objects.count() == 1


def test_form_new_file_takes_the_place_of_the_kept_one(user: User) -> None:
    kept = make.StoredFileFactory.create(uploaded_by=user)
    form = sample(user, upload=make.make_upload(name="new.pdf"), title="x", **{"file-kept": sign_kept(kept)})
    assert form.is_valid()
    assert form.cleaned_data["file"].original_name == "new.pdf"


def test_form_refused_new_file_leaves_the_kept_one(user: User) -> None:
    kept = make.StoredFileFactory.create(uploaded_by=user, original_name="kept.pdf")
    upload = SimpleUploadedFile("new.pdf", b"")
    form = sample(user, upload=upload, title="x", **{"file-kept": sign_kept(kept)})
    assert form.errors["file"] == ["This file is empty."]
    assert "Kept: kept.pdf" in str(form["file"])


@pytest.mark.parametrize("damage", ["other person", "changed", "too old", "file gone", "nonsense"])
def test_form_token_that_does_not_hold_is_refused(damage: str, user: User) -> None:
    stored = make.StoredFileFactory.create(uploaded_by=user)
    token, moment = sign_kept(stored), timezone.now()
    if damage == "other person":
        user = UserFactory.create()
    elif damage == "changed":
        token = token[:-1] + ("A" if token[-1] != "A" else "B")
    elif damage == "too old":
        moment += timedelta(hours=21)
    elif damage == "file gone":
        stored.delete()
    else:
        token = "\x00nonsense"
    with time_machine.travel(moment):
        form = sample(user, title="x", **{"file-kept": token})
        assert not form.is_valid()
    assert form.errors["file"] == ["The file that was kept is no longer there. Please choose it again."]


def test_form_required_file_missing_is_said(user: User) -> None:
    assert sample(user, title="x").errors["file"] == ["This field is required."]
    assert " required" in str(SampleForm(uploader=user)["file"])


def test_form_optional_file_may_be_missing_and_may_be_removed(user: User) -> None:
    form = sample(user, form_class=OptionalForm, title="x")
    assert form.is_valid()
    assert form.cleaned_data["file"] is None
    kept = make.StoredFileFactory.create(uploaded_by=user)
    form = sample(
        user,
        form_class=OptionalForm,
        initial=kept,
        title="x",
        **{"file-kept": sign_kept(kept), "file-remove": "1"},
    )
    assert form.is_valid()
    assert form.cleaned_data["file"] is None
    assert form.has_changed()


@pytest.mark.parametrize("as_key", [True, False])
def test_form_present_file_is_shown_and_stays(as_key: bool, user: User) -> None:
    present = make.StoredFileFactory.create(original_name="present.pdf")
    initial = present.pk if as_key else present
    assert "Present file: present.pdf" in str(OptionalForm(uploader=user, initial={"file": initial})["file"])
    form = sample(user, initial=initial, title="x")
    assert form.is_valid()
    assert form.cleaned_data["file"] == present
    assert "file" not in form.changed_data


def test_form_name_is_shown_escaped(user: User) -> None:
    present = make.StoredFileFactory.create(original_name="<img src=x onerror=alert(1)>.pdf")
    html = str(OptionalForm(uploader=user, initial={"file": present})["file"])
    assert "<img" not in html
    assert "&lt;img" in html


def test_form_upload_marked_too_large_says_so(user: User) -> None:
    form = sample(user, upload=TooLargeUpload("big.pdf", 10**9, "application/pdf"), title="x")
    assert form.errors["file"] == ["This file is too large: at most 50\xa0MB are accepted."]


def test_form_prefix_is_honoured(user: User) -> None:
    kept = make.StoredFileFactory.create(uploaded_by=user)
    form = SampleForm({"a-title": "x", "a-file-kept": sign_kept(kept)}, {}, uploader=user, prefix="a")
    assert form.is_valid()
    assert form.cleaned_data["file"] == kept


def test_form_without_the_mixin_is_a_mistake_of_ours(db: None) -> None:
    class Wrong(forms.Form):
        file = UploadField()

    files: Any = {"file": make.make_upload()}
    with pytest.raises(ImproperlyConfigured):
        Wrong({}, files).is_valid()


def test_form_only_accepts_what_it_says(user: User) -> None:
    accept = SampleForm(uploader=user).fields["file"].widget.attrs["accept"]
    assert accept.startswith(".pdf,.docx,")
    assert ".jpg,.jpeg" in accept


def test_form_text_waits_for_its_extraction(user: User) -> None:
    form = sample(user, upload=make.make_upload(), title="x")
    form.is_valid()
    assert StoredFile.objects.get().extraction_state == ExtractionState.PENDING


def test_two_forms_do_not_share_a_kept_file(user: User) -> None:
    sample(user, upload=make.make_upload(), title="").is_valid()
    assert "Kept" not in str(SampleForm(uploader=user)["file"])
