"""The pages of the repository and of the guide."""
