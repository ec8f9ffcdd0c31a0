from contextlib import contextmanager


@contextmanager
def span(tracer):
    try:
        yield tracer.start()
    except Exception as error:
        raise RuntimeError from error
