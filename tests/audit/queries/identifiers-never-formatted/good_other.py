from html import escape as text


def use(name):
    return text(name), text(f"order by {name}")
