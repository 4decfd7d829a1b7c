"""Files in S3 or what speaks like it, without holding whole files in memory."""

from __future__ import annotations

from typing import Any

from boto3.s3.transfer import TransferConfig
from storages.backends.s3 import S3Storage

_PART = 5 * 1024 * 1024


class StreamingS3Storage(S3Storage):  # type: ignore[misc] # untyped
    """Sends part by part (boto3 would hold ten parts at once), and spools what it gets to disk."""

    def get_default_settings(self) -> dict[str, Any]:
        return {
            **super().get_default_settings(),
            "default_acl": "private",
            "file_overwrite": False,
            "max_memory_size": 1024 * 1024,
            "transfer_config": TransferConfig(
                use_threads=False, multipart_chunksize=_PART, multipart_threshold=_PART
            ),
        }
