"""What import-linter cannot see: foreign keys are imports too, and every app keeps the same shape."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

ROOT = Path(__file__).resolve().parents[1]


def floors() -> dict[str, int]:
    """App name to floor, counted from the top, as pyproject.toml tells import-linter."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return {name.strip(" ()"): number for number, layer in enumerate(layers) for name in layer.split("|")}


def hub_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def test_foreign_keys_run_down_or_stay_in_their_app() -> None:
    floor = floors()
    wrong = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in hub_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and isinstance(field.related_model, type)
        if field.related_model in hub_models() and field.related_model is not ContentType
        if model._meta.app_label != field.related_model._meta.app_label
        and floor[model._meta.app_label] >= floor[field.related_model._meta.app_label]
    ]

    assert wrong == []


def test_every_installed_app_has_a_floor() -> None:
    installed = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}

    assert installed <= set(floors())


@pytest.mark.parametrize("model", hub_models(), ids=lambda model: model._meta.label)
def test_models_have_an_order_a_name_and_a_docstring_that_says_something(model: type[Model]) -> None:
    assert model._meta.ordering, "lists without an order change between pages"
    assert "__str__" in {name for base in model.__mro__[:-2] for name in vars(base)}
    assert model.__doc__
    assert not model.__doc__.startswith(f"{model.__name__}("), "Django's own docstring says nothing"


def test_migrations_are_named() -> None:
    unnamed = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.glob("apps/*/migrations/0*.py")
        if "_auto_" in path.name or path.stem.endswith("_initial")
    ]

    assert unnamed == []
