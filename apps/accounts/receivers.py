"""What the accounts themselves add to the export and check before an erasure."""

from __future__ import annotations

from apps.accounts import personal_data, queries, services

personal_data.register_export("account", queries.account_data)
personal_data.register_export("consents", queries.consent_data)
personal_data.register_export("sign_in", queries.sign_in_data)
personal_data.register_erasure_check(services.no_superuser_left)
