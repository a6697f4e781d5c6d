"""The object detector: how a model is described, run and read."""
