"""The models: each a step of training, and what all of them share."""
