"""Tests of what events look like."""
