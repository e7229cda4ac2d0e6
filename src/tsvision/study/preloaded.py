"""Imported by the process that kernels and workers are forked from: it parses this package, so that none of them does
for the digests of code in the keys of its runs.
"""

from tsvision.data import provenance

provenance.code_digest(["tsvision.methods"])
