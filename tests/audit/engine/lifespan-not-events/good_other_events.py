import signal_bus


@signal_bus.on_event("order_created")
def created(): ...


def listen(widget):
    widget.add_event_handler("click", created)
