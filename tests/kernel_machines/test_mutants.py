from tests.suite import test_mutant as test_mutant
