"""What is measured of models: probes, log-odds, transfer, alignment, leaks."""
