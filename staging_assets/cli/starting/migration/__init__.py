"""From a luigi tree to a folder of scripts: what its modules say is read, never run."""
