"""What was said: records messages, draws them, compares two flows, explains each parameter."""
