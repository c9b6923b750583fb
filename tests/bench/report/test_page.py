import re
import shutil
import subprocess

import browser
import pytest

from bench.report.charts import style

WIDTHS = (390, 1280, 1920)


@pytest.fixture(scope="module")
def page(built):
    return built / "report.html"


@pytest.fixture(scope="module")
def source(page):
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tab():
    if not browser.executable():
        pytest.skip("no Chromium here: apt-get install chromium")
    pytest.importorskip("websocket", reason="pip install websocket-client, to steer Chromium")
    with browser.Browser() as opened:
        yield opened


def test_the_page_is_one_file_under_five_megabytes_that_asks_for_nothing(source):
    assert len(source.encode()) < 5_000_000
    assert "default-src 'none'" in source
    for reference in re.findall(r'(?:src|href|srcset)="([^"]*)"', source):
        assert not reference.startswith(("http", "//")), reference


def test_every_number_has_its_interval_and_signature_behind_it(source):
    buttons = re.findall(r'popovertarget="(\w+)"', source)
    assert len(buttons) > 100 and len(set(buttons)) == len(buttons)
    assert set(buttons) == set(re.findall(r'<div popover id="(\w+)"', source))
    behind = source.split(f'<div popover id="{buttons[0]}">')[1].split("</div>")[0]
    assert "<dt>95% interval<dd>" in behind and "corp:libreoffice-help@1a2b3c4d" in behind


def test_ids_are_unique(source):
    ids = re.findall(r'\sid="([^"]+)"', source)
    assert len(ids) == len(set(ids))


def test_nothing_from_a_run_can_act(source):
    assert source.count("<script") == 1
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in source


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_console_error_and_no_sideways_scroll(tab, page, width, dark):
    tab.open(page, width, dark)
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.problems == []


def test_a_number_opens_without_scripts(tab, page):
    tab.open(page, 1280, False, scripts=False)
    assert tab.value("document.querySelectorAll('.sort').length") == 0
    box = "document.querySelector('.number').getBoundingClientRect()"
    tab.call("Emulation.setScriptExecutionDisabled", value=False)
    x, y = tab.value(f"{box}.x + 5"), tab.value(f"{box}.y + 5")
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert tab.value("document.querySelector(':popover-open')?.innerText.includes('signature')")


def test_a_column_sorts_by_value(tab, page):
    tab.open(page, 1280, False)
    column = "#table-token_premium_libreoffice_help"
    tab.value(f"document.querySelectorAll('{column} .sort')[3].click()")
    rows = f"[...document.querySelectorAll('{column} tbody tr')]"
    shown = tab.value(f"{rows}.map(row => Number(row.cells[3].dataset.v))")
    assert shown == sorted(shown) and len(shown) == 5


CONTRAST = """
(() => {
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const lum = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
  const paper = (e) => { for (; e; e = e.parentElement) {
    const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  document.querySelector("[popover]").showPopover();
  const bad = [], seen = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode() && bad.length < 5) {
    const e = walker.currentNode.parentElement;
    const like = `${e.tagName}.${e.className} in ${e.parentElement.className}`;
    if (!walker.currentNode.data.trim() || seen.has(like) || !e.checkVisibility()) continue;
    seen.add(like);
    const [a, b] = [lum(rgb(getComputedStyle(e).color)), lum(paper(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(`${ratio.toFixed(2)} ${like}`);
  }
  return [seen.size, ...bad];
})()
"""


@pytest.mark.parametrize("dark", [False, True])
def test_text_contrast_is_aa(tab, page, dark):
    tab.open(page, 1280, dark)
    kinds, *bad = tab.value(CONTRAST)
    assert kinds > 15 and bad == []


@pytest.mark.parametrize("dark", [False, True])
def test_language_colours_carry_text_on_the_page(tab, page, dark):
    tab.open(page, 1280, dark)
    names = [*(f"language-{one}" for one in style.COLOURS), *(f"other-{i}" for i in range(4))]
    styles = "getComputedStyle(document.documentElement)"
    paper = tab.value(f"{styles}.getPropertyValue('--paper')").strip()
    for name in names:
        tone = tab.value(f"{styles}.getPropertyValue('--{name}')").strip()
        assert contrast(tone, paper) >= 4.5, name
        if not dark:
            assert tone in (*style.COLOURS.values(), *style.OTHERS)


def contrast(one, other):
    a, b = sorted((luminance(one), luminance(other)))
    return (b + 0.05) / (a + 0.05)


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_latex_tables_compile(built, tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("no TeX here: apt-get install texlive-latex-recommended texlive-science")
    if subprocess.run(["kpsewhich", "siunitx.sty", "booktabs.sty"], capture_output=True).returncode:
        pytest.skip("this TeX lacks siunitx or booktabs: apt-get install texlive-science")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error",
         f"-output-directory={tmp_path}", "all_tables.tex"],
        cwd=built / "tables", capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "all_tables.pdf").is_file()
    said = (tmp_path / "all_tables.log").read_text(errors="replace")
    assert not re.search(r"too high|too wide\) in paragraph", said)  # every table fits its page
