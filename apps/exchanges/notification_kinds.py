"""What exchanges tell people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.notifications.kinds import Kind, register_kind

register_kind(Kind("offer_submitted", _("An offer waits for you to open it")))
register_kind(Kind("offer_opened", _("Your offer was opened")))
register_kind(Kind("offer_returned", _("Changes are asked for in your offer")))
register_kind(Kind("offer_remark", _("Somebody wrote about an offer")))
register_kind(Kind("application_submitted", _("Somebody applies to your offer")))
register_kind(Kind("application_withdrawn", _("An application was withdrawn")))
register_kind(Kind("application_accepted", _("The host accepted your application")))
register_kind(Kind("application_to_decide", _("An application waits for your decision")))
register_kind(Kind("officer_missing", _("A case in your programme waits, and no officer may decide on it")))
register_kind(Kind("application_declined", _("The host declined your application")))
register_kind(Kind("application_decided", _("An application was decided")))
register_kind(Kind("agreement_to_sign", _("An agreement waits to be signed")))
register_kind(Kind("agreement_signed", _("An agreement was signed by all")))
register_kind(Kind("application_cancelled", _("A stay was cancelled")))
register_kind(Kind("stay_not_begun", _("A stay cannot begin, as its sides are not apart any more")))
register_kind(Kind("report_due", _("Your report on a stay is due")))
register_kind(Kind("reports_submitted", _("Both reports of a stay are in")))
register_kind(Kind("reports_returned", _("More is asked for in your report")))
register_kind(Kind("exchange_validated", _("Your exchange was validated")))
register_kind(Kind("exchange_paid", _("Your stay was paid")))
register_kind(Kind("application_expired", _("An application expired")))
register_kind(Kind("answer_due", _("Your answer to an application is due")))
register_kind(Kind("host_silent", _("A host has not answered yet")))
register_kind(Kind("decision_due", _("A promised decision is due")))
register_kind(Kind("follow_up_asked", _("What did change after your exchange?")))
register_kind(Kind("follow_up_answered", _("Somebody said what changed after an exchange")))
