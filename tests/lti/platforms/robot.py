"""A browser without a browser: it walks login → auth → form_post → launch, and keeps cookies as Chromium does.

    robot = Robot()                                  # a tab; Robot(framed_in="http://localhost:8461"): a frame there
    landed = robot.launch(f"{platform}/start?user=ana")
    robot.submit(landed, answer="B")

It obeys SameSite, Partitioned and Secure (loopback counts as secure), can refuse third-party cookies, and tells where it
comes from in Sec-Fetch-* and Origin. It runs no scripts: it posts LTI's own forms (id_token, JWT) and no others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import requests

POSTED_BY_SCRIPT = {"id_token", "JWT"}
REDIRECTS = (301, 302, 303, 307, 308)
LONGEST_WALK = 20


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.found: list[Form] = []
        self.open: Form | None = None
        self.writing = self.choosing = ""  # name of the open textarea, of the open select

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            method = given.get("method", "get").lower()
            self.open = Form(urljoin(self.url, given.get("action", "")), method)
            self.found.append(self.open)
        elif not self.open:
            return
        elif tag == "input" and name:
            kind = given.get("type", "text")
            if kind not in ("checkbox", "radio", "submit", "button") or "checked" in given:
                self.open.fields[name] = given.get("value", "on" if kind == "checkbox" else "")
        elif tag == "textarea" and name:
            self.writing, self.open.fields[name] = name, ""
        elif tag == "select":
            self.choosing = name
        elif (
            tag == "option"
            and self.choosing
            and ("selected" in given or self.choosing not in self.open.fields)
        ):
            self.open.fields[self.choosing] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self.open and self.writing:
            self.open.fields[self.writing] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "textarea":
            self.writing = ""
        elif tag == "select":
            self.choosing = ""


def forms_of(page: requests.Response) -> list[Form]:
    if "html" not in page.headers.get("Content-Type", ""):
        return []
    reader = _Forms(page.url)
    reader.feed(page.text)
    return reader.found


def form_with(page: requests.Response, field_name: str) -> Form:
    """The page's form that has a field of the name."""
    return next(form for form in forms_of(page) if field_name in form.fields)


@dataclass(frozen=True)
class Cookie:
    value: str
    same_site: str  # as Chromium takes it: Lax unless told
    partition: str  # site of the page at the top, for Partitioned; else ""


class Robot:
    def __init__(
        self,
        *,
        framed_in: str = "",
        third_party_cookies: bool = True,
        fetch_metadata: bool = True,
        keeps_cookies: bool = True,
    ) -> None:
        """`framed_in`: URL of the page at the top; `fetch_metadata`: an older browser sends no Sec-Fetch-*."""
        self.framed_in = framed_in
        self.third_party_cookies = third_party_cookies
        self.fetch_metadata = fetch_metadata
        self.keeps_cookies = keeps_cookies
        self.cookies: dict[tuple[str, str, str, str], Cookie] = {}  # by partition, host, path and name
        self.session = requests.Session()
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.walked: list[requests.Response] = []

    # --- what tests say

    def launch(self, url: str) -> requests.Response:
        """The page where a launch that starts at the URL ends."""
        return self.through(self.visit(url, comes_from=self.framed_in or None))

    def visit(self, url: str, *, comes_from: str | None = None) -> requests.Response:
        """As if typed, or a link on the page `comes_from`."""
        return self._go("GET", url, {}, comes_from)

    def submit(
        self, page: requests.Response, form: int | Form = 0, **changes: str | list[str]
    ) -> requests.Response:
        """A form of the page sent, with its fields changed; a button's name is a change like any other."""
        sent = forms_of(page)[form] if isinstance(form, int) else form
        return self._go(sent.method.upper(), sent.action, sent.fields | changes, page.url)

    def through(self, page: requests.Response) -> requests.Response:
        """LTI's own forms posted, as their scripts would, until a page is reached that has none."""
        for _ in range(LONGEST_WALK):
            if not (posting := [form for form in forms_of(page) if POSTED_BY_SCRIPT & form.fields.keys()]):
                return page
            page = self.submit(page, posting[0])
        raise AssertionError(f"no end: {page.url}")

    def new_window(self) -> Robot:
        """The same browser's tab at the top: it shares cookies with this one."""
        other = Robot(
            third_party_cookies=self.third_party_cookies,
            fetch_metadata=self.fetch_metadata,
            keeps_cookies=self.keeps_cookies,
        )
        other.cookies = self.cookies
        return other

    def frame_in(self, top: str) -> Robot:
        """The same browser's frame in a page of `top`."""
        other = self.new_window()
        other.framed_in = top
        return other

    def cookie(self, name: str) -> str | None:
        return next((cookie.value for key, cookie in self.cookies.items() if key[3] == name), None)

    # --- how a browser goes

    def _go(
        self, method: str, url: str, fields: dict[str, str | list[str]], comes_from: str | None
    ) -> requests.Response:
        cross_site = bool(comes_from) and _site(str(comes_from)) != _site(url)
        origin = _origin(comes_from) if comes_from else None
        for _ in range(LONGEST_WALK):
            cross_site = cross_site or (bool(comes_from) and _site(str(comes_from)) != _site(url))
            headers = {"Accept": "text/html,*/*;q=0.8", "User-Agent": "Mozilla/5.0 (robot)"}
            if self.fetch_metadata:
                headers |= {
                    "Sec-Fetch-Mode": "navigate",
                    "Sec-Fetch-Dest": "iframe" if self.framed_in else "document",
                    "Sec-Fetch-Site": self._relation(url, comes_from, cross_site=cross_site),
                }
            if method == "POST":
                headers["Origin"] = origin or "null"
            if sent := self._sent_to(url, method, cross_site=cross_site):
                headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in sent.items())
            given = {"data": fields} if method == "POST" else {"params": fields}
            page = self.session.request(
                method, url, headers=headers, allow_redirects=False, timeout=30, **given
            )
            self.walked.append(page)
            self._keep(page)
            if page.status_code not in REDIRECTS:
                return page
            following = urljoin(url, page.headers["Location"])
            if page.status_code not in (307, 308):
                method, fields = "GET", {}
            if _origin(following) != _origin(url):
                origin = None  # a redirect to elsewhere taints the origin
            # Chromium judges a redirected navigation by every site that it passed.
            cross_site = cross_site or (comes_from is not None and _site(following) != _site(url))
            url = following
        raise AssertionError(f"too many redirects: {url}")

    def _relation(self, url: str, comes_from: str | None, *, cross_site: bool) -> str:
        if comes_from is None:
            return "none"
        if cross_site:
            return "cross-site"
        return "same-origin" if _origin(comes_from) == _origin(url) else "same-site"

    def _top(self, url: str) -> str:
        return _site(self.framed_in or url)

    def _third_party(self, url: str) -> bool:
        return self._top(url) != _site(url)

    def _sent_to(self, url: str, method: str, *, cross_site: bool) -> dict[str, str]:
        parts, sent = urlsplit(url), {}
        for (partition, host, path, name), cookie in self.cookies.items():
            if host != parts.hostname or not parts.path.startswith(path):
                continue
            if partition and partition != self._top(url):
                continue
            if self._third_party(url):
                reaches = cookie.same_site == "none" and bool(partition or self.third_party_cookies)
            else:
                safe_navigation = method == "GET" and cookie.same_site == "lax" and not self.framed_in
                reaches = not cross_site or cookie.same_site == "none" or safe_navigation
            if reaches:
                sent[name] = cookie.value
        return sent

    def _keep(self, page: requests.Response) -> None:
        parts = urlsplit(page.url)
        for line in page.raw.headers.getlist("Set-Cookie"):
            pair, *rest = [part.strip() for part in line.split(";")]
            name, _, value = pair.partition("=")
            told = {key.lower(): text for key, _, text in (part.partition("=") for part in rest)}
            same_site = told.get("samesite", "lax").lower()
            # Refused by Chromium: None without Secure, and Partitioned without Secure.
            if ("secure" not in told) and (same_site == "none" or "partitioned" in told):
                continue
            partition = self._top(page.url) if "partitioned" in told else ""
            third_party = self._third_party(page.url)
            if not self.keeps_cookies or (third_party and same_site != "none"):
                continue
            if third_party and not partition and not self.third_party_cookies:
                continue
            key = (partition, str(parts.hostname), told.get("path", "/"), name)
            if told.get("max-age") == "0" or "1970" in told.get("expires", ""):
                self.cookies.pop(key, None)
            else:
                self.cookies[key] = Cookie(value, same_site, partition)


def _site(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
