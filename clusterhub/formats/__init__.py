"""Where Django's own formats are not the hub's; found by ``FORMAT_MODULE_PATH``."""
