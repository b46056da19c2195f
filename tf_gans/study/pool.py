"""Work that is spread over the processes of a machine, or over a Ray cluster.

Nothing here knows what is done. Each process takes a piece of work at a time
and hands back what came of it; a piece that fails ends all of it.
"""

import concurrent.futures
import importlib.util
import logging
import multiprocessing
import os
import signal
import threading
from multiprocessing import connection

from tf_gans.errors import RunError, UserError


def num_cores():
    """The processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def run(function, pieces, workers, prepare=None):
    """Calls a function for each piece of work, in several processes.

    Args:
        function: can be pickled, as can what it takes and returns.
        pieces: list of its arguments.
        workers: int. Processes, each with its share of the cores.
        prepare: called once in each process, or None.

    Yields:
        What came of each piece, in the order in which they end.

    Raises:
        RunError: a process has been ended from outside, such as for want of
            memory.
    """
    if not pieces:
        return
    threads = str(max(1, num_cores() // workers))
    # Read when TensorFlow is imported, which is in the new processes.
    names = ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, threads))
    executor = concurrent.futures.ProcessPoolExecutor(
        min(workers, len(pieces)),
        # A process that is forked from one with TensorFlow in it hangs.
        multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(prepare,),
    )
    try:
        futures = [executor.submit(function, piece) for piece in pieces]
        for future in concurrent.futures.as_completed(futures):
            yield future.result()
    except concurrent.futures.process.BrokenProcessPool:
        raise RunError(
            "a process of the comparison was ended from outside, perhaps for "
            "want of memory; go on with the same command, or with fewer "
            "--workers"
        ) from None
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _begin(prepare):
    """Lets a worker end with its parent, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinels = [parent.sentinel]

        def watch():
            connection.wait(sentinels)
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
    if prepare:
        prepare()


def run_on_ray(function, pieces, address):
    """Calls a function for each piece of work, on a Ray cluster.

    Args:
        function, pieces: see `run`.
        address: str. The cluster's, as for `ray.init`; `"local"` starts one on
            this machine.

    Yields:
        What came of each piece, in the order in which they end.

    Raises:
        UserError: Ray is not installed, or there is no such cluster.
    """
    if importlib.util.find_spec("ray") is None:
        raise UserError(
            "--ray: needs the extra ray: pip install 'tf_gans[ray]'"
        )
    import ray

    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise UserError(f"--ray {address}: {first}") from None
    try:
        remote = ray.remote(num_cpus=1, max_retries=3)(function)
        waiting = [remote.remote(piece) for piece in pieces]
        while waiting:
            done, waiting = ray.wait(waiting)
            yield ray.get(done[0])
    finally:
        ray.shutdown()
