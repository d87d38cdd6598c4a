"""A public library's open shelf."""
