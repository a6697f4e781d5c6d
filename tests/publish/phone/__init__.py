"""Tests of the way to the phone."""
