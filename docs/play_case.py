"""Plays a case from need to closure through the API, as any program could: only Python's own library, only what the API tells.

    python docs/play_case.py http://127.0.0.1:8017 TOKENS

TOKENS is a file with a token a line, of the persons who take part: the first reports the need. Made against a demonstration, each by
`samspel --database sqlite:///samspel-demo.sqlite token create --user NAME`. When nobody has anything to do, the demonstration's clock is moved.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

MOST_STEPS = 80
CHILD = {"name": "Maja Exempelsson", "birth_date": "2014-03-14"}
ANSWERS = {"decision": ("call", "keep", "close"), "deviation": ("no",)}
"""What to answer where a form asks this; else the first choice is taken."""


@dataclass(frozen=True)
class Person:
    """Somebody for whom this program works."""

    address: str
    token: str

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Call the API and return what it tells. Raises HTTPError with the problem in it."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Accept-Language": "en"}
        asked = urllib.request.Request(f"{self.address}/api{path}", data, headers, method=method)  # noqa: S310 - the address is the operator's own
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 - likewise
            content = answer.read()
        return json.loads(content) if content else None


def main(address: str, tokens: Path) -> None:
    """Report a need, then answer whatever waits for anybody until the case is closed."""
    people = [Person(address.rstrip("/"), token) for token in tokens.read_text(encoding="utf-8").split()]
    first = people[0]
    unit = first.call("GET", "/me")["units"][0]
    case = first.call("POST", "/cases", {"agreement": unit["agreements"][0]["id"], "unit": unit["id"], "child": CHILD})["reference"]
    print(f"Case {case} under {unit['agreements'][0]['name']}")
    for _ in range(MOST_STEPS):
        if not any(take(person, case) for person in people):
            if first.call("GET", f"/cases/{case}")["closed_at"]:
                break
            print(f"Nobody has anything to do; it is {first.call('POST', '/clock', {'by': 'next_deadline'})['now']}")
    closed = first.call("GET", f"/cases/{case}")
    for stage in closed["progress"][0]["stages"]:
        print(f"  {stage['name']}: {stage['state']}")
    print(f"{case} ended as {closed['outcome']} with {len(closed['history'])} rows of history")


def take(person: Person, case: str) -> bool:
    """Do the first thing in a case that waits for a person; whether there was one."""
    waiting = person.call("GET", f"/work-items?case={case}&limit=1")["items"]
    if not waiting:
        return False
    item = waiting[0]["id"]
    person.call("POST", f"/work-items/{item}/claim")
    shown = person.call("GET", f"/work-items/{item}")
    answers = filled(shown["form"], shown["answers"])
    for _ in range(len(answers) + 3):  # an answer may show further questions: keep a draft and look again
        shown["draft_version"] = person.call("PUT", f"/work-items/{item}/draft", {"answers": answers})["draft_version"]
        more = filled(person.call("GET", f"/work-items/{item}")["form"], answers)
        if more == answers:
            break
        answers = more
    done = person.call("POST", f"/work-items/{item}/complete", {"answers": answers, "draft_version": shown["draft_version"]})
    print(f"{shown['queue_name']}: {shown['name']} -> {', '.join(one['name'] for one in done['waiting']) or 'nothing more for now'}")
    return True


def filled(form: list[dict[str, Any]], known: dict[str, Any]) -> dict[str, Any]:
    """Answer everything that is required and not answered."""
    answers = dict(known)
    for field in form:
        key = field["path"].rpartition(".")[2]
        if field["type"] == "group" and not key:
            answers = filled(field["fields"], answers)
        elif field["hidden"] or field["read_only"] or not key:
            continue
        elif field["type"] == "dynamiclist":
            rows = answers.get(key) or [{}]
            answers[key] = [filled(shown, row) for shown, row in zip(field["rows"] or [field["row"]], rows, strict=False)]
        elif field["required"] and answers.get(key) in (None, "", []):
            answers[key] = answer(field, key)
    return answers


def answer(field: dict[str, Any], key: str) -> Any:  # noqa: ANN401 - JSON
    """Return something that fits a field."""
    values = [choice["value"] for choice in field["choices"]]
    if values:
        chosen = next((value for value in ANSWERS.get(key, ()) if value in values), values[0])
        return [chosen] if field["type"] in ("checklist", "taglist") else chosen
    if field["type"] == "datetime":
        day = (date.today() + timedelta(days=7)).isoformat()
        return {"date": day, "time": "10:00"}.get(field["subtype"], f"{day}T10:00")
    return {"number": 1, "checkbox": True}.get(field["type"], "Written by docs/play_case.py.")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())
