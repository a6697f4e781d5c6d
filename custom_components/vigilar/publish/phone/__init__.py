"""The parts of the way to the phone; `publish/notify.py` puts them together."""
