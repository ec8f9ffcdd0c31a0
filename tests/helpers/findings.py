"""Findings to test with: some that read well, and hostile ones."""

from hypothesis import strategies as st

from async_db.findings import Finding

RULE = "session/commit-before-response"
FOUND = Finding(
    rule=RULE,
    grade="proven",
    path="app/api/orders.py",
    line=42,
    message="The response was sent before the commit.",
    advice='Give the dependency `scope="function"`.',
    test="tests/test_orders.py::test_create",
    route="POST /orders/{id}",
    evidence=("response.start 201", "commit"),
    requests=1,
    event=4,
    code="session.commit()",
    function="get_session",
)
READ = Finding(RULE, "suspected", "app/api/users.py", 7, "It may commit late.", "Look at it.")
REVIEW = Finding("engine/one-per-process", "review", "app/db.py", 3, "Two engines.", "Keep one.")
HOSTILE = (
    "::error::no",
    "\n::error::no\n",
    "a ##[add-mask]b",
    "a\r\nb,c=d%0A.py",
    "\x1b[2J\x00\x7f\x85\x9b\u2028\u2029\x0b\x0c\x1c",
    "\udcff.py",
    "\ud83d\ude00\ud800",  # two halves that are no pair, and one that nothing encodes
    "\u202egp.exe",
    "/etc/p#?.py",
    "C:\\app\\x.py",
    "",
)
any_text = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(), max_size=20),
    st.text(st.sampled_from(":#[]%,\n\r\t \\\udcff\x1bab1"), max_size=20),
)
any_finding = st.builds(
    Finding,
    rule=st.one_of(st.just(RULE), any_text),
    grade=st.sampled_from(["proven", "suspected", "review"]),
    path=any_text,
    line=st.integers(0, 3),
    message=any_text,
    advice=any_text,
    test=any_text,
    route=any_text,
    evidence=st.lists(any_text, max_size=2).map(tuple),
    requests=st.integers(0, 3),
    code=any_text,
    function=any_text,
    nth=st.integers(0, 1),
)
any_findings = st.lists(any_finding, max_size=5)
