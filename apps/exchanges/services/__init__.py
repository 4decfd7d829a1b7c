"""Every step of programmes, offers and applications: locked, checked, written down, told to those whom it concerns.

Locks are taken in one order, so that no two steps wait for each other: who acts, programme, offer, application, then
what belongs to it. Who acts is read anew inside the lock: people leave, and change sides.
"""
