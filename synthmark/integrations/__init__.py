"""Adapters to programs that generate content; each imports its own library, and only when it is used."""
