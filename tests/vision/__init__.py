"""Tests of the vision engine."""
