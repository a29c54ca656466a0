"""The load test of the HTTP service: `python -m benchmarks.load`."""
