def draw(canvas, frame):
    canvas.offset(10)
    return frame.offset(x=1)
