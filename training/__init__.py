"""From a corpus to a fine-tuned, calibrated, exported release."""
