"""Language models in PyTorch: loading, training, sampling, log-probabilities, checkpoints, sharding."""
