"""A visitor of the portal as tests are: cookies, forms and headers as a browser has them, and no browser."""

import http.client
import re
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

PASSWORD = "NTFTEST"
PATIENCE = 15.0
FORM = "application/x-www-form-urlencoded"


class Markup(HTMLParser):
    """A page's tags and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words += f"{data} "

    @property
    def fields(self):
        """The hidden fields of its forms."""
        return {found["name"]: found["value"] for tag, found in self.tags if tag == "input" and "value" in found}

    def having(self, attribute):
        """What its tags have in an attribute."""
        return [found[attribute] for _, found in self.tags if attribute in found]


class Answered:
    """What came back."""

    def __init__(self, response):
        self.status, self.headers, self.content = response.status, response.headers, response.read()

    @property
    def text(self):
        return self.content.decode()

    @property
    def page(self):
        return Markup(self.text)

    @property
    def words(self):
        return re.sub(r"\s+", " ", self.page.words)


class Visitor:
    """Somebody at a browser."""

    def __init__(self, address):
        self.address = tuple(address)
        self.host = f"{self.address[0]}:{self.address[1]}"
        self.cookies, self.csrf = {}, ""

    def send(self, verb, path, form=None, cookies=None, **headers):
        """Send a request, with the cookies that are kept unless others are named."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = self.cookies if cookies is None else cookies
        if kept:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in kept.items())
        content = None
        if form is not None:
            content = urlencode(form)
            fields["Content-Type"] = FORM
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        try:
            connection.request(verb, path, content, fields)
            answered = Answered(connection.getresponse())
        finally:
            connection.close()
        for line in answered.headers.get_all("Set-Cookie", []):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return answered

    def get(self, path, **headers):
        return self.send("GET", path, **headers)

    def part(self, path, **headers):
        """Ask for a part of a page, as htmx does."""
        return self.send("GET", path, HX_Request="true", **headers)

    def post(self, path, form=(), **headers):
        """Send a form as the page's script does."""
        ours = {"HX_Request": "true", "X_CSRF_Token": self.csrf, "Sec_Fetch_Site": "same-origin"}
        return self.send("POST", path, dict(form), **(ours | headers))

    def begin(self, page=""):
        """Open the login page as the portal sends one there; gives the answer that sends there, and the page."""
        sent = self.get("/portal/login" + (f"?{urlencode({'next': page})}" if page else ""))
        assert sent.status == 303, sent.text
        return sent, self.get(sent.headers["Location"])

    def log_in(self, name, page=""):
        """Log in by the venue's page, and open the first page."""
        _, door = self.begin(page)
        form = door.page.fields | {"name": name, "password": PASSWORD, "action": "log-in"}
        back = self.send("POST", "/auth/authorize", form)
        assert back.status == 303, back.text
        address = urlsplit(back.headers["Location"])
        assert address.netloc == self.host
        came = self.get(f"{address.path}?{address.query}")
        assert came.status == 303, came.text
        first = self.get(came.headers["Location"])
        if first.status == 303:
            first = self.get(first.headers["Location"])
        (self.csrf,) = re.findall(r'"X-CSRF-Token": "([^"]+)"', first.text.replace("&#34;", '"')) or [""]
        self.first = first
        return self
