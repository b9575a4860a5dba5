from tests.suite import test_claim as test_claim
