from tests.suite import test_myth as test_myth
