"""From observations to stored events. Imports nothing of Home Assistant."""
