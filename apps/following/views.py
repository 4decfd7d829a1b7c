"""A person's saved searches."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import Request, SignedInRequest
from apps.core.exceptions import HubError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.pagination import get_page
from apps.following import services
from apps.following.forms import NameForm, SaveForm
from apps.following.models import SavedSearch
from apps.following.telling import how_told, settings_url


@require_safe
@login_required
def search_list(request: SignedInRequest) -> HttpResponse:
    page = get_page(request, SavedSearch.objects.visible_to(request.user))
    context = {
        "page_obj": page,
        "limit": services.MAX_SEARCHES,
        "how_told": how_told(request.user),
        "settings_url": settings_url(),
    }
    return render(request, "following/search_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def search_create(request: Request) -> HttpResponse:
    """A catalogue posts here; who had to sign in first comes back with what was kept and presses once more."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    if request.method != "POST":
        form = SaveForm(initial=(take_kept(request) or request.GET).dict())
        if not form["path"].value():
            return redirect("following:search-list")
        context = {"form": form, "how_told": how_told(request.user), "settings_url": settings_url()}
        return render(request, "following/search_create.html", context)
    form = SaveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This search cannot be saved: its address is incomplete or too long."))
        return redirect("following:search-list")
    try:
        search, is_new = services.save_search(
            path=form.cleaned_data["path"],
            query_string=form.cleaned_data["query"],
            name=form.cleaned_data["name"],
            by=request.user,
        )
    except HubError as error:
        messages.error(request, str(error.message))
        return redirect("following:search-list")
    if is_new:
        saved = _("Search saved: %(name)s.") % {"name": search.name}
        change = format_html('<a href="{}">{}</a>', settings_url(), _("Change how often you are mailed"))
        messages.success(request, format_html("{} {} {}", saved, how_told(request.user), change))
    else:
        messages.info(request, _("You have saved this search before: %(name)s.") % {"name": search.name})
    return redirect(search.address)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def search_rename(request: SignedInRequest, pk: int) -> HttpResponse:
    search = get_object_or_404(SavedSearch.objects.visible_to(request.user), pk=pk)
    name = search.name
    form = NameForm(request.POST or None, instance=search)
    if request.method == "POST" and form.is_valid():
        try:
            services.rename_search(search_id=search.pk, name=form.cleaned_data["name"], by=request.user)
        except HubError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The new name is kept."))
        return redirect("following:search-list")
    return render(request, "following/search_rename.html", {"form": form, "name": name})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def search_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    search = get_object_or_404(SavedSearch.objects.visible_to(request.user), pk=pk)
    if request.method == "POST":
        services.delete_search(search_id=search.pk, by=request.user)
        messages.success(request, _("The search is deleted. You will hear no more of it."))
        return redirect("following:search-list")
    return render(request, "following/search_delete.html", {"search": search})
