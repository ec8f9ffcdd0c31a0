def text(value): ...


def use(log, name, driver):
    log.info(f"select name = '{name}'")
    driver.execute(f"window.open = '{name}'")
    return text(f"a = '{name}'")
