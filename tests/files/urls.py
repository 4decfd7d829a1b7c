"""A form with an upload and a title, and a download, as an app above would have them."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template import engines
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from apps.accounts.models import User
from apps.files.forms import KeptUploadMixin, UploadField
from apps.files.models import StoredFile
from apps.files.serving import file_response


class SampleForm(KeptUploadMixin, forms.Form):
    title = forms.CharField()
    file = UploadField()


class OptionalForm(KeptUploadMixin, forms.Form):
    title = forms.CharField()
    file = UploadField(required=False)


def _uploader(request: HttpRequest) -> User:
    if request.user.is_authenticated:
        return request.user
    return User.objects.get(email="uploader@example.org")


@csrf_exempt
def upload(request: HttpRequest) -> HttpResponse:
    form = SampleForm(request.POST or None, request.FILES or None, uploader=_uploader(request))
    if form.is_valid():
        return HttpResponse(f"stored {form.cleaned_data['file'].pk}")
    template = engines["django"].from_string("<form>{{ form.errors }}{{ form.file }}</form>")
    return HttpResponse(template.render({"form": form}, request))


def download(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    stored = get_object_or_404(StoredFile, pk=pk)
    return file_response(stored, request=request, is_public="public" in request.GET)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("not found", status=404)


handler404 = not_found
urlpatterns = [path("upload/", upload), path("download/<uuid:pk>/", download)]
