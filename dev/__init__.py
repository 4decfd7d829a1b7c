"""What runs the project on a developer's machine: build, services, demo, tests and checks.

Standard library only, because it runs before anything is installed: ``python3 -m dev <command>``.
"""
