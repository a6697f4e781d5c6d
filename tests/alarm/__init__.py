"""Tests of the alarm."""
