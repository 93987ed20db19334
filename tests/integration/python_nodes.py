"""Cases whose node is the independent client, its store a dictionary."""
import sys

import harness

sys.path.insert(0, str(harness.ROOT / "tests/clients"))
import python_node  # pylint: disable=wrong-import-position


class PythonNodes(harness.IntegrationCase):
    """Cases whose node is the independent client."""

    def client(self, store=None):
        node = python_node.PythonNode(str(self.folder / "headstart.sock"), store,
                                      timeout=harness.DEADLINE_S)
        node.connect()
        self.addCleanup(node.close)
        node.hello(harness.CHAIN_ID)
        return node

    def start(self, *arguments, kernel=harness.TOWN):
        sidecar = self.sidecar(kernel=kernel, arguments=arguments)
        sidecar.wait_ready()
        return sidecar
