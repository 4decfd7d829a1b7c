"""Wake workers when there is mail, and what the notifications add to the export and the erasure of a person."""

from __future__ import annotations

from apps.accounts.personal_data import register_erasure, register_export
from apps.core.events import listen
from apps.notifications import personal_data
from apps.notifications.events import MailQueued, NotificationsWritten
from apps.notifications.tasks import deliver_due_notifications, deliver_outgoing_mail
from apps.notifications.waking import wake


@listen(NotificationsWritten)
def wake_for_notifications(event: NotificationsWritten) -> None:
    wake(deliver_due_notifications, times=event.chunks)


@listen(MailQueued)
def wake_for_mail(event: MailQueued) -> None:
    wake(deliver_outgoing_mail)


register_export("notifications", personal_data.notifications_of)
register_export("notification_settings", personal_data.preferences_of)
register_erasure(personal_data.forget)
