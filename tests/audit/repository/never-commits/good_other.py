import git


class RepositoryStore:
    def __init__(self, index: git.Index):
        self.index = index

    def save(self):
        self.index.commit("message")
