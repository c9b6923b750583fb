"""One BLAS thread: on a shared machine, threads that wait for each other cost ten times the work.

Set before numpy is first imported, which is why it stands here and not in a fixture.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
