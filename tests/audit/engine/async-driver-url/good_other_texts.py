def rename(name, url):
    name.replace("-", "_")
    url.replace("http://", "https://")
    return url.replace("postgresql://", "redacted")
