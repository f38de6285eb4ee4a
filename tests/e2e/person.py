"""One person at one browser window."""

import os
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from services.demo.people import DEMO_PASSWORD

IMAGES = Path(os.environ.get("SCREENSHOTS") or Path(__file__).parents[2] / "var" / "screenshots")
"""Where pictures go; `make screenshots` names docs/images, for the README."""
PATIENCE = 60_000
SETTLING = 200
"""Milliseconds in which what was clicked or typed reaches the server; tables put theirs off longest."""
WATCH = """(() => {
  // When a run was last asked for and when one last ended, as the page's own websocket says.
  const runs = (window.__runs = {asked: 0, ended: 0});
  const ASKED = 11, ENDED = 6;  // BackMsg.rerun_script, ForwardMsg.script_finished
  const holds = (buffer, wanted) => {
    const bytes = new Uint8Array(buffer);
    let at = 0;
    const number = () => {
      let value = 0, scale = 1, byte;
      do { byte = bytes[at++]; value += (byte & 127) * scale; scale *= 128; } while (byte & 128);
      return value;
    };
    while (at < bytes.length) {
      const tag = number(), kind = tag % 8;
      if (Math.floor(tag / 8) === wanted) return true;
      if (kind === 0) number();
      else at += kind === 2 ? number() : kind === 1 ? 8 : 4;
    }
    return false;
  };
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...how) {
      super(...how);
      this.addEventListener('message', ({data}) => {
        if (data instanceof ArrayBuffer && holds(data, ENDED)) runs.ended = performance.now();
      });
    }
    send(data) {
      if (holds(data.buffer ? data.slice().buffer : data, ASKED)) runs.asked = performance.now();
      super.send(data);
    }
  };
})()"""
RESTING = """() => {
  const app = document.querySelector('[data-testid=stApp]'), runs = window.__runs;
  return app && app.dataset.testScriptState === 'notRunning'
    && runs.ended > runs.asked && performance.now() - runs.ended > 50
    && !document.querySelector('[data-stale=true], [data-testid=stSkeleton]');
}"""
"""Every run that was asked for has ended, and nothing of an earlier one stands on the screen."""


NOTHING_BESIDE = """() => {
  const parts = [
    document.documentElement,
    document.querySelector('[data-testid=stMain]'),
    ...document.querySelectorAll('[data-testid=stDataFrameResizable] .dvn-scroller'),
  ];
  return parts.every(part => part && part.scrollWidth <= part.clientWidth);
}"""
"""Nothing on the page is wider than the room it has; a table is drawn on a canvas in a box that scrolls."""


class Person:
    """Signs in, clicks and reads as a user does; waits until the script has come to rest."""

    def __init__(self, browser: Browser, server: str, *, own_certificate: bool = False) -> None:
        self.context = browser.new_context(
            viewport={"width": 1400, "height": 950},
            locale="zh-TW",
            timezone_id="Asia/Taipei",
            accept_downloads=True,
            ignore_https_errors=own_certificate,
        )
        self.context.add_init_script(WATCH)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.server = server

    def open(self, path: str = "/") -> None:
        self.page.goto(self.server + path)
        self.rest()

    def sign_in(self, username: str, path: str = "/", password: str = DEMO_PASSWORD) -> None:
        self.open(path)
        self.page.get_by_label("帳號").fill(username)
        self.page.get_by_label("密碼").fill(password)
        self.picture("sign-in") if username == "clerk" else None
        self.page.get_by_role("button", name="登入").click()
        self.page.get_by_role("button", name="登出").wait_for()
        self.rest()

    def rest(self) -> None:
        """Wait until the page has come to rest (`RESTING`)."""
        self.page.wait_for_timeout(SETTLING)
        self.page.wait_for_function(RESTING, timeout=PATIENCE)

    def is_looked_at(self) -> None:
        """Wait until the page has asked by itself once more whether time is up."""
        since = self.page.evaluate("performance.now()")
        asked = "since => window.__runs.asked > since && window.__runs.ended > window.__runs.asked"
        self.page.wait_for_function(asked, arg=since, timeout=PATIENCE)

    def press(self, name: str, exact: bool = True) -> None:
        self.page.get_by_role("button", name=name, exact=exact).click()
        self.rest()

    def go(self, title: str) -> None:
        """Open a page from the sidebar."""
        self.page.get_by_test_id("stSidebar").get_by_role("link", name=title, exact=True).click()
        self.rest()
        expect(self.page.get_by_role("heading", name=title, level=1)).to_be_visible()

    def step(self, label: str) -> None:
        self.page.get_by_role("radio", name=label).or_(
            self.page.get_by_test_id("stMain").get_by_role("button", name=label)
        ).first.click()
        self.rest()

    def download(self, name: str) -> tuple[str, bytes]:
        """Press a button that hands out a file; return its name and content.

        The content is fetched from where the browser was sent: Playwright's own copy is waited for
        without a limit, and was once seen never to be finished.
        """
        with self.page.expect_download() as started:
            self.page.get_by_role("button", name=name).click()
        answer = self.page.request.get(started.value.url, timeout=PATIENCE)
        assert answer.ok, answer.status
        return started.value.suggested_filename, answer.body()

    def tick(self, row: int, table: int = 0) -> None:
        """Tick a row of a table; its box is drawn on a canvas, 33 pixels a row below the head."""
        drawn = self.page.get_by_test_id("stDataFrameResizable").nth(table)
        # Its rows stand beside the canvas for screen readers: before they do, a click goes nowhere.
        drawn.locator("tbody tr").nth(row).wait_for(state="attached")
        drawn.click(position={"x": 20, "y": 50 + 33 * row})
        self.rest()

    def read_table(self, table: int = 0) -> list[list[str]]:
        """Return the rows of a table as a screen reader is told them, in the order they stand in."""
        drawn = self.page.get_by_test_id("stDataFrameResizable").nth(table)
        rows = drawn.locator("tbody tr")
        rows.first.wait_for(state="attached")
        found: list[list[str]] = rows.evaluate_all(
            "rows => rows.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent))"
        )
        return found

    def has_ticked(self, *places: int, table: int = 0) -> None:
        """Wait until just these rows are ticked, as a screen reader is told."""
        drawn = self.page.get_by_test_id("stDataFrameResizable").nth(table)
        ticks = drawn.locator("tbody tr[aria-selected=true]")
        expect(ticks).to_have_count(len(places))
        for number, place in enumerate(places):
            expect(ticks.nth(number)).to_have_attribute("aria-rowindex", str(place + 2))

    def judge_the_rest(self) -> bool:
        """Judge every open record as compliant, and go on to the signature.

        Return whether all are judged: what is left otherwise are the person's own, for somebody else.
        """
        progress = self.page.get_by_text("已判定 ").first
        while self.page.get_by_text("全部紀錄都已判定").count() == 0:
            if self.page.get_by_text("須由其他稽核人員判定").count():
                return False
            before = progress.inner_text()
            self.page.keyboard.press("Alt+1")
            expect(progress, "a verdict was not taken").not_to_have_text(before, timeout=PATIENCE)
            self.rest()
        self.press("前往簽核")
        return True

    def fits(self, width: int, height: int) -> None:
        """Check that neither the page nor a table on it has to be scrolled sideways in a window so large."""
        before = self.page.viewport_size
        self.page.set_viewport_size({"width": width, "height": height})
        self.rest()
        self.page.wait_for_function(NOTHING_BESIDE, timeout=PATIENCE)
        if before is not None:
            self.page.set_viewport_size(before)
        self.rest()

    def sees(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)

    def picture(self, name: str) -> None:
        """Keep a screenshot of this moment."""
        self.page.mouse.move(0, 0)
        IMAGES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=IMAGES / f"{name}.png")

    def leave(self) -> None:
        self.context.close()
