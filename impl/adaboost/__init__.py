"""AdaBoost: many small boosting problems at once (the functional core), and scikit-learn-shaped faces over it."""
