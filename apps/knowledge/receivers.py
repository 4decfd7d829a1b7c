"""What the repository does when something happens elsewhere in the house."""

from __future__ import annotations

from apps.accounts.personal_data import register_export
from apps.core.events import listen
from apps.files.events import TextExtracted
from apps.knowledge.models import Resource
from apps.knowledge.queries import resources_of
from apps.organisations.events import OrganisationRenamed, VerificationChanged
from apps.search.services import index

register_export("resources", resources_of)


@listen(TextExtracted)
def find_by_text(event: TextExtracted) -> None:
    """The text inside a file is there: let the resource be found by it. Running twice does no harm."""
    ids = list(Resource.objects.filter(file__pk=event.stored_file_id).values_list("pk", flat=True))
    if ids:
        index("resource", ids)


@listen(OrganisationRenamed)
def show_new_name(event: OrganisationRenamed) -> None:
    """Cards and the filter keep the organisation's name."""
    _index_items_of(event.organisation_id)


@listen(VerificationChanged)
def show_verification(event: VerificationChanged) -> None:
    """Cards say where an organisation is not verified."""
    _index_items_of(event.organisation_id)


def _index_items_of(organisation_id: int) -> None:
    found = Resource.objects.public().filter(publication__organisation=organisation_id)
    if ids := list(found.values_list("pk", flat=True)):
        index("resource", ids)
