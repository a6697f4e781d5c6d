"""Tests of what the scripts decide."""
