"""The alarm: what state it is in, and who may change it. Knows nothing of Home Assistant."""
