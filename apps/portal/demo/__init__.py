"""The demonstration: invented people, organisations and resources. See README.md in this folder."""
