"""From pixels to observations. Imports nothing of Home Assistant."""
