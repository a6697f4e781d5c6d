"""Real processes for the demo, the benchmarks and the end-to-end tests."""
