"""What a platform shows a browser: the form that posts itself, the course page with the tool in a frame, and the
storage of LTI's client-side messages (postMessage, platform storage 1.0)."""

from __future__ import annotations

from html import escape


def posting(action: str, fields: dict[str, str]) -> str:
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return (
        f'<title>…</title><form method="post" action="{escape(action)}">{inputs}</form>'
        "<script>document.forms[0].submit()</script>"
    )


def framing(url: str, *, storage_in_page: bool = False, storage_url: str = "") -> str:
    """The course page: the tool in a frame, and where the platform has storage, the storage."""
    keeper = (
        f'<iframe name="post_message_forwarding" src="{escape(storage_url)}" hidden></iframe>'
        if storage_url
        else ""
    )
    script = f"<script>{STORAGE}</script>" if storage_in_page else ""
    return (
        f"<title>Course</title>{keeper}{script}"
        f'<iframe name="tool" src="{escape(url)}" width="1000" height="700" allow="fullscreen"></iframe>'
    )


def storage() -> str:
    return f"<title>Storage</title><script>{STORAGE}</script>"


# Values are kept by the origin that put them; the answer goes to that origin alone.
STORAGE = """
const kept = new Map();
addEventListener("message", (event) => {
  const told = event.data || {};
  if (typeof told.subject !== "string" || !told.subject.startsWith("lti.")) return;
  const answer = {subject: told.subject + ".response", message_id: told.message_id};
  const key = event.origin + " " + told.key;
  if (told.subject === "lti.capabilities") {
    answer.supported_messages = [{subject: "lti.put_data"}, {subject: "lti.get_data"}, {subject: "lti.capabilities"}];
  } else if (told.subject === "lti.put_data" && told.key) {
    kept.set(key, told.value);
    Object.assign(answer, {key: told.key, value: told.value});
  } else if (told.subject === "lti.get_data" && told.key) {
    Object.assign(answer, {key: told.key, value: kept.get(key)});
  } else {
    answer.error = {code: "bad_request", message: "unknown subject or no key"};
  }
  event.source.postMessage(answer, event.origin);
});
"""
