"""Measurements, as ratios within one run: ``make bench``, with ``SIZE=`` and ``ONLY=``.

Every module here with a ``run(size)`` is a measure under its own name; what it needs it makes itself, in a database
of its own. Absolute times say nothing of another machine: compare a line with its neighbours.
"""
