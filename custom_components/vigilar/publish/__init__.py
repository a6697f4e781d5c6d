"""Carries stored changes outwards, each publisher on its own."""
