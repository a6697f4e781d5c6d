"""Tests of the way from observations to stored events."""
