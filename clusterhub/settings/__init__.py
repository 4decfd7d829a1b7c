"""Settings: ``base`` holds what all share; ``local``, ``test`` and ``production`` say what differs."""
