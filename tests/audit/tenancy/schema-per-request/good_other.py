def enter(log, schema):
    log.info("SET search_path TO %s", schema)
    log.execute(f"SET search_path TO {schema}")
