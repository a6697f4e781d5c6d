"""Tests of Vigilar."""
