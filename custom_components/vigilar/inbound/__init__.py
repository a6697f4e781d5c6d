"""What other programs and other houses tell by MQTT."""
