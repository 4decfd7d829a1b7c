"""One page for each case, with what this person may see and press at this moment."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import SignedInRequest
from apps.exchanges.models import Application


@require_safe
@login_required
@never_cache
def application_detail(request: SignedInRequest, pk: uuid.UUID) -> HttpResponse:
    application = get_object_or_404(Application.objects.visible_to(request.user).for_list(), pk=pk)
    return render(request, "exchanges/application_detail.html", {"application": application})
