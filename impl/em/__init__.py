"""Expectation maximisation: Gaussian and count mixtures, hidden Markov models, latent Dirichlet allocation."""
