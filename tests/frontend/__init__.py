"""Tests of what the browser runs, in a real browser."""
