"""The HTTP service and the batch job."""
