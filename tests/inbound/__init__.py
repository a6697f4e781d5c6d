"""Tests of what comes in by MQTT."""
