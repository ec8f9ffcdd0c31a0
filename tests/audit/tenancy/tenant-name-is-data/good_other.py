def tell(log, schema):
    log.execute(f"search_path is {schema}")
