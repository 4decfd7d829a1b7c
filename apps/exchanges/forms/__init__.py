"""What people type about exchanges."""
