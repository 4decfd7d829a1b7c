"""What I and my organisations contributed, and the steps that are ours to take."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import Request, SignedInRequest
from apps.core.exceptions import HubError
from apps.core.kept_forms import keep_and_sign_in, take_kept
from apps.core.pagination import get_page
from apps.core.permissions import require
from apps.publishing import permissions
from apps.publishing.exceptions import NotReadyError, UnknownKindError
from apps.publishing.filters import ContributionFilter
from apps.publishing.forms import WithdrawForm
from apps.publishing.models import Publication
from apps.publishing.notes import keep_note, kept_note
from apps.publishing.registry import edit_url_of, kind_label, type_of
from apps.publishing.steps import CONTRIBUTOR_STEPS, contributor_steps


@require_safe
@login_required
@never_cache
def contribution_list(request: SignedInRequest) -> HttpResponse:
    """Everything on the page is theirs to work on, so the steps follow from the states alone."""
    contributions = Publication.objects.contributed_by(request.user).for_list().order_by("-updated_at", "-pk")
    filters = ContributionFilter(request.GET, queryset=contributions, user=request.user)
    page = get_page(request, filters.qs)
    rows = [
        {
            "publication": publication,
            "kind": kind_label(publication.kind),
            "steps": contributor_steps(publication),
            "edit_url": edit_url_of(publication),
        }
        for publication in page
    ]
    context = {
        "filter": filters,
        "page_obj": page,
        "rows": rows,
        "is_filtered": any(request.GET.get(name) for name in filters.filters),
    }
    return render(request, "publishing/contribution_list.html", context)


@require_safe
def contribution_detail(request: Request, pk: int) -> HttpResponseRedirect:
    """The one address that messages and lists know; the item's own app says where it is shown."""
    publication = get_object_or_404(
        Publication.objects.visible_to(request.user) | Publication.objects.tombstones(), pk=pk
    )
    try:
        return HttpResponseRedirect(type_of(publication).url(publication))
    except UnknownKindError as error:
        raise Http404 from error


@require_POST
def contribution_step(request: Request, pk: int, name: str) -> HttpResponse:
    """Take one step that needs no more than a press."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    step = CONTRIBUTOR_STEPS.get(name)
    if step is None or step.needs_reason:
        raise Http404
    publication = get_object_or_404(Publication.objects.visible_to(request.user), pk=pk)
    require(permissions.is_contributor(request.user, publication), str(_NOT_YOURS))
    note = kept_note(request, pk) if step == CONTRIBUTOR_STEPS["submit"] else ""
    try:
        step.service(publication_id=pk, by=request.user, reason=note)
    except NotReadyError as error:
        text = _("“%(title)s” cannot be submitted yet: %(problems)s")
        values = {"title": publication.title, "problems": " ".join(error.problems)}
        messages.error(request, text % values)
    except HubError as error:
        messages.error(request, str(error.message))
    else:
        if note:
            keep_note(request, pk, "")
        messages.success(request, step.done % {"title": publication.title})
    return redirect(_next(request))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def contribution_withdraw(request: Request, pk: int) -> HttpResponse:
    """Ask for the reason on a page of its own: this cannot be undone."""
    if not request.user.is_authenticated:
        return keep_and_sign_in(request)
    publication = get_object_or_404(Publication.objects.visible_to(request.user).for_list(), pk=pk)
    require(permissions.is_contributor(request.user, publication), str(_NOT_YOURS))
    step = CONTRIBUTOR_STEPS["withdraw"]
    if publication.state not in step.from_states:
        messages.error(request, _("This can no longer be withdrawn. Please look at its present state."))
        return redirect("publishing:contribution-list")
    form = WithdrawForm(request.POST if request.method == "POST" else take_kept(request))
    if request.method == "POST" and form.is_valid():
        try:
            step.service(publication_id=pk, by=request.user, reason=form.cleaned_data["reason"])
        except HubError as error:
            messages.error(request, str(error.message))
        else:
            messages.success(request, step.done % {"title": publication.title})
        return redirect("publishing:contribution-list")
    context = {"form": form, "publication": publication, "was_public": publication.published_at is not None}
    return render(request, "publishing/contribution_withdraw.html", context)


_NOT_YOURS = gettext_lazy("Only the author and the managers of the organisation may do this.")


def _next(request: Request) -> str:
    """Back to where the button was pressed, on this hub only."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return resolve_url("publishing:contribution-list")
