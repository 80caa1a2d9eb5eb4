"""Chromium without a window, to open a page as its reader does, offline."""

import html
import json
import re
import shutil
import subprocess

import pytest

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
WATCH = """<script>
window.wrong = [];
addEventListener("error", (e) => wrong.push(e.message || e.target.outerHTML.slice(0, 90)), true);
addEventListener("securitypolicyviolation", (e) => wrong.push(e.blockedURI));
</script>"""
PROBE = """<script>
const found = {};
// nothing is awaited: the browser may write the page down as soon as it has loaded
addEventListener("load", () => {
  document.querySelectorAll("details").forEach((each) => { each.open = true; });
  const pictures = [...document.querySelectorAll("img[src]")];
  pictures.filter((each) => !each.naturalWidth).forEach((each) => wrong.push(each.alt));
  found.pictures = pictures.length;
  %s
  found.fetched = performance.getEntriesByType("resource")
    .map((each) => each.name).filter((name) => !name.startsWith("data:"));
  found.overflow = document.documentElement.scrollWidth - innerWidth;
  found.wrong = wrong;
  const said = document.createElement("pre");
  said.id = "found"; said.textContent = JSON.stringify(found);
  document.body.append(said);
});
</script>"""
needs_browser = pytest.mark.skipif(
    BROWSER is None, reason="needs Chromium (apt-get install chromium)"
)


def browse(page, folder, width, probe, *, dark=False):
    """Open a page and return what a script finds in it.

    Args:
        page: its text.
        folder: to work in.
        width: of the window in pixels.
        probe: JavaScript that writes into ``found``, once all pictures are there.
        dark: whether the reader prefers dark pages.
    """
    script = PROBE % probe
    watched = page.replace("<style>", WATCH + "<style>", 1).replace("</body>", script + "</body>")
    watched = watched.replace('loading="lazy"', "")  # so that loaded means all pictures
    (folder / "watched.html").write_text(watched, encoding="utf-8")
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
         f"--blink-settings=preferredColorScheme={0 if dark else 1}",
         f"--user-data-dir={folder / 'profile'}", "--dump-dom",
         (folder / "watched.html").as_uri()],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    said = re.search(r'<pre id="found">(.*?)</pre>', done.stdout.decode())
    assert said, done.stderr.decode()[-2000:]
    return json.loads(html.unescape(said.group(1)))
