"""The hub's components, each in one place. A missing argument or a name that is not known is an error."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.paginator import Page
from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.http import HttpRequest, QueryDict
from django.template import Context
from django.template.loader import render_to_string
from django.urls import get_urlconf
from django.utils.encoding import escape_uri_path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core import formats
from apps.core.components import Moment, Step, Tab, Table, avatar_tone, initials
from apps.core.navigation import menus_at, place_of

register = template.Library()

_ICON_NAME = re.compile(r"^[a-z][a-z-]*$")
_TONES = {"neutral", "info", "success", "warning", "danger"}
_ALERT_ICONS = {"info": "info", "success": "success", "warning": "warning", "danger": "warning"}
_MESSAGE_TONES = {"success": "success", "warning": "warning", "error": "danger"}
_STATE_TONES = {
    "draft": "neutral",
    "submitted": "info",
    "in_review": "info",
    "changes_requested": "warning",
    "published": "success",
    "declined": "danger",
    "hidden": "warning",
    "withdrawn": "neutral",
    "merged": "success",
    "pending": "info",
    "accepted": "success",
    "open": "success",
    "full": "warning",
    "paused": "warning",
    "under_review": "info",
    "approved": "success",
    "rejected": "danger",
    "waiting_list": "warning",
    "expired": "danger",
    "agreement_pending": "info",
    "signed": "success",
    "in_progress": "info",
    "completed": "info",
    "reports_submitted": "info",
    "validated": "success",
    "paid": "success",
    "cancelled": "danger",
    "conflicted": "warning",
}


# --- The page -------------------------------------------------------------------------------------


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file; its plain one where the manifest knows none, so that an error page comes out."""
    try:
        return staticfiles_storage.url(path)
    except ValueError:
        return f"{settings.STATIC_URL}{path}"


@register.simple_tag(takes_context=True)
def main_menu(context: Context) -> SafeString:
    """The main navigation as ``apps.core.navigation`` describes it."""
    return _menus("ui/main_menu.html", place_of(_path(context)))


@register.simple_tag
def footer_menus() -> SafeString:
    """The main navigation once more, all of it open, at the foot of every page."""
    return _menus("ui/footer_menus.html", "")


def _menus(template_name: str, place: str) -> SafeString:
    """Rendered once for each language and place: it differs between readers in nothing else."""
    if settings.DEBUG:
        return _menus_in(template_name, place)
    return _kept_menus(template_name, place, get_language() or "", get_urlconf() or settings.ROOT_URLCONF)


@lru_cache(maxsize=1_000)
def _kept_menus(template_name: str, place: str, _language: str, _urlconf: str) -> SafeString:
    return _menus_in(template_name, place)


def _menus_in(template_name: str, place: str) -> SafeString:
    return render_to_string(template_name, {"menus": menus_at(place)})


@register.simple_tag(takes_context=True)
def canonical_url(context: Context) -> str:
    """The one address of this page: of the query string only the number of the page belongs to it."""
    request: HttpRequest | None = context.get("request")
    if request is None:
        return ""
    page = request.GET.get("page", "")
    suffix = f"?page={page}" if page.isdecimal() and page.isascii() and page != "1" else ""
    return f"{settings.SITE_URL}{escape_uri_path(request.path)}{suffix}"


def _path(context: Context) -> str:
    request: HttpRequest | None = context.get("request")
    return request.path if request else ""


@register.simple_tag
def icon(name: str) -> SafeString:
    """A single SVG of ``templates/ui/icons/``, hidden from screen readers: the text beside it says the same."""
    return _icon(name)


@cache
def _icon(name: str) -> SafeString:
    if not _ICON_NAME.match(name):
        raise ValueError(f"{name!r} is no icon's name")
    return mark_safe(render_to_string(f"ui/icons/{name}.svg").strip())  # noqa: S308 - our own file


@register.simple_block_tag
def breadcrumb(content: str) -> SafeString:
    """Where this page is; its items are made by ``crumb``."""
    home = format_html('<li class="breadcrumb-item"><a href="/">{}</a></li>', _("Home"))
    return format_html(
        '<nav aria-label="{}" class="hub-breadcrumb"><ol class="breadcrumb">{}{}</ol></nav>',
        _("Breadcrumb"),
        home,
        content,
    )


@register.simple_tag
def crumb(url: str, text: str) -> SafeString:
    """One step of the way; without an address it is the page itself."""
    if url:
        return format_html('<li class="breadcrumb-item"><a href="{}">{}</a></li>', url, text)
    return format_html('<li class="breadcrumb-item active" aria-current="page">{}</li>', text)


# --- Messages, badges, empty places ---------------------------------------------------------------


@register.simple_block_tag
def alert(content: str, tone: str) -> SafeString:
    """A message in a box; a danger is announced at once, the others politely."""
    if tone not in _ALERT_ICONS:
        raise ValueError(f"{tone!r} is none of {sorted(_ALERT_ICONS)}")
    role = "alert" if tone == "danger" else "status"
    return format_html(
        '<div class="alert alert-{}" role="{}">{}<div>{}</div></div>',
        tone,
        role,
        _icon(_ALERT_ICONS[tone]),
        content,
    )


@register.simple_tag
def message_box(message: Any) -> SafeString:
    """One of Django's messages, with a link where ``format_html`` made one; the live region around announces it."""
    tone = _MESSAGE_TONES.get(message.level_tag, "info")
    return format_html(
        '<div class="alert alert-{}">{}<div>{}</div></div>', tone, _icon(_ALERT_ICONS[tone]), message.message
    )


@register.simple_tag
def badge(text: str, tone: str = "neutral") -> SafeString:
    """A short word in a colour that only repeats what the word says."""
    _require_tone(tone)
    return format_html('<span class="badge hub-badge-{}">{}</span>', tone, text)


@register.simple_tag
def state_badge(state: str, label: str) -> SafeString:
    """The state of a case in its colour; the label says it too."""
    tone = _STATE_TONES.get(state, "neutral")
    return format_html('<span class="badge hub-badge-state hub-badge-{}">{}</span>', tone, label)


def _require_tone(tone: str) -> None:
    if tone not in _TONES:
        raise ValueError(f"{tone!r} is none of {sorted(_TONES)}")


@register.inclusion_tag("ui/empty_state.html")
def empty_state(title: str, text: str, action_url: str = "", action_text: str = "") -> dict[str, str]:
    """What stands where a list would be: why it is empty, and a way on."""
    if action_url and not action_text:
        raise ValueError("a way on needs a text")
    return {"title": title, "text": text, "action_url": action_url, "action_text": action_text}


# --- People and what they say ---------------------------------------------------------------------


@register.simple_tag
def avatar(name: str) -> SafeString:
    """The initials in a circle; the name stands beside it, so that screen readers are spared the letters."""
    return format_html(
        '<span class="hub-avatar hub-avatar-{}" aria-hidden="true" translate="no">{}</span>',
        avatar_tone(name),
        initials(name),
    )


@register.simple_block_tag
def remark(content: str, author: str, at: Any, role: str = "") -> SafeString:
    """What somebody said in a thread: a question to a host, a note on a case. ``role`` says who they are in it."""
    return format_html(
        '<article class="hub-remark"><header>{}<div><strong>{}</strong>{} <p class="hub-muted">{}</p></div></header>'
        '<div class="hub-remark-text">{}</div></article>',
        avatar(author),
        author,
        format_html(" {}", badge(role)) if role else "",
        format_html(
            '<time datetime="{}">{}</time>',
            at.isoformat(),
            formats.moment(at),
        ),
        content,
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:  # noqa: A002 - the name of the attribute
    """A window over the page. Open it by a link with ``data-dialog="<id>"`` to the page that does the same."""
    return format_html(
        '<dialog class="hub-dialog" id="{0}" aria-labelledby="{0}-title"><form method="dialog">'
        '<button class="hub-dialog-close" aria-label="{1}">{2}</button></form>'
        '<h2 id="{0}-title">{3}</h2>{4}</dialog>',
        id,
        _("Close"),
        _icon("close"),
        title,
        content,
    )


# --- Ways through a thing ---------------------------------------------------------------------------


@register.inclusion_tag("ui/tabs.html")
def tabs(tabs: Sequence[Tab], label: str) -> dict[str, Any]:
    """Several views of one thing; each tab is a link, so that it can be shared and needs no script."""
    return {"tabs": tabs, "label": label}


@register.inclusion_tag("ui/stepper.html")
def stepper(steps: Sequence[Step], label: str) -> dict[str, Any]:
    """Where one is in a long form or a case, and what is still open; said in words, not by colour alone."""
    return {"steps": steps, "label": label}


@register.inclusion_tag("ui/timeline.html")
def timeline(moments: Sequence[Moment]) -> dict[str, Any]:
    return {"moments": moments}


# --- Lists and tables -----------------------------------------------------------------------------


@register.inclusion_tag("ui/data_table.html")
def data_table(table: Table) -> dict[str, Any]:
    return {"table": table}


@register.simple_tag
def facts(pairs: Sequence[tuple[str, Any]]) -> SafeString:
    """Terms with what they are; a fact without a value is left out, it is not "None"."""
    return format_html(
        '<dl class="hub-facts">{}</dl>',
        format_html_join("", "<dt>{}</dt><dd>{}</dd>", (pair for pair in pairs if pair[1] not in (None, ""))),
    )


@register.simple_tag
def tags(pairs: Sequence[tuple[str, str]]) -> SafeString:
    """Words that lead to everything that carries them, as (text, address)."""
    return format_html(
        '<ul class="hub-tags">{}</ul>',
        format_html_join("", '<li><a class="hub-tag" href="{1}">{0}</a></li>', pairs),
    )


@register.inclusion_tag("ui/search_box.html")
def search_box(id: str, label: str, value: str = "", hint: str = "") -> dict[str, str]:  # noqa: A002 - as above
    """The one field for words, inside a form of the method "get"; ``hint`` says what is searched."""
    return {"id": id, "label": label, "value": value, "hint": hint}


@register.inclusion_tag("ui/pagination.html", takes_context=True)
def pagination(context: Context, page_obj: Page[Any]) -> dict[str, Any]:
    """The pages around this one; addresses keep the rest of the query string."""
    return {"page_obj": page_obj, **page_links(page_obj, context["request"].GET)}


def page_links(page_obj: Page[Any], query: QueryDict) -> dict[str, Any]:
    """What ``ui/pagination.html`` shows beside the page itself."""
    numbers = page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=1, on_ends=1)
    return {
        "pages": [
            {"number": number, "url": page_url(query, number) if isinstance(number, int) else ""}
            for number in numbers
        ],
        "previous_url": page_url(query, page_obj.previous_page_number()) if page_obj.has_previous() else "",
        "next_url": page_url(query, page_obj.next_page_number()) if page_obj.has_next() else "",
    }


def page_url(query: QueryDict, number: int) -> str:
    """The query string with another page in it."""
    changed = query.copy()
    changed["page"] = str(number)
    return f"?{changed.urlencode()}"


@register.simple_tag(takes_context=True)
def querystring_without(context: Context, *names: str) -> str:
    """The present query string without these keys (and without the page); Django's ``querystring`` sets keys."""
    query = context["request"].GET.copy()
    for name in (*names, "page"):
        query.pop(name, None)
    return f"?{query.urlencode()}"


@register.filter
def file_size(size: int) -> str:
    """Bytes in a unit that people read."""
    return formats.file_size(size)


# --- Forms ----------------------------------------------------------------------------------------


@register.inclusion_tag("ui/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """What is wrong, at the top of the page, each with a link to its field.

    ``{{ form }}`` then leaves out the errors of the form as a whole, which stand here.
    """
    form.is_summarised = True  # type: ignore[attr-defined]
    fields = [
        {"label": bound.label, "target": focus_target(bound), "errors": bound.errors}
        for bound in form.visible_fields()
        if bound.errors
    ]
    hidden = [error for bound in form.hidden_fields() for error in bound.errors]
    return {"fields": fields, "general": [*form.non_field_errors(), *hidden]}


def focus_target(bound: BoundField) -> str:
    """The id of what takes the focus: in a group of boxes or dots the first of them."""
    return bound.id_for_label or f"{bound.auto_id}_0"
