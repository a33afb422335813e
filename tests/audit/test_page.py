"""The page in a real browser: what a DBA sees, clicks and types, and that it asks nothing of anybody."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from medtime_backend.audit.findings import Audit
from medtime_backend.audit.reports import render_page
from tests.audit import example, example_extremes
from tests.audit.browser import Browser, chromium, eventually, missing
from tests.audit.screenshot import LARGEST, picture

SHOWN = "return [...document.querySelectorAll(arguments[0])].filter(one => one.getClientRects().length).length"
# The word of a button goes back after two seconds: each is noted when it comes.
NOTE_WORDS = """
const button = document.querySelector(arguments[0]);
window.said = [];
new MutationObserver(() => said.push(button.textContent)).observe(button, { childList: true });
"""
ENTER, ESCAPE, RIGHT, DOWN, TAB = "\ue007", "\ue00c", "\ue014", "\ue015", "\ue004"
FAULT = 'td.finding[data-persona="caregiver revoked"] .box'


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    if (reason := missing()) is not None:
        pytest.skip(reason)
    with chromium() as browser:
        yield browser


@pytest.fixture
def show(window: Browser, tmp_path: Path) -> Iterator[Callable[[Audit], Browser]]:
    """Open an audit's page from a file; at the end nothing may have been complained of or asked for."""
    file = tmp_path / "report.html"

    def open_page(audit: Audit) -> Browser:
        file.write_text(render_page(audit, example.RULES), encoding="utf-8")
        window.resize(1600, 1000)
        window.open(file.as_uri())
        return window

    window.console()
    window.requests()
    yield open_page
    assert window.console() == []
    assert {url.partition("#")[0] for url in window.requests()} == {file.as_uri()}
    window.open("about:blank")


def test_the_matrix_has_a_box_for_each_object_and_persona(show: Callable[[Audit], Browser]) -> None:
    page = show(example.example_audit())
    assert page.run(SHOWN, "#matrix .box") == 20 * 15
    assert page.run(SHOWN, "#matrix td.finding") == 1
    assert page.text("#summary .verdict strong") == "2 findings"
    assert "db.demo.medtime.app:5432/postgres" in page.text("#summary")
    assert page.run(SHOWN, "#findings .card") == 2


def test_a_clean_audit_says_so_and_shows_no_finding(show: Callable[[Audit], Browser]) -> None:
    page = show(example.clean_audit())
    assert page.text("#summary .verdict strong") == "As declared"
    assert page.run(SHOWN, ".card") == 0


def test_a_box_opens_its_proof(show: Callable[[Audit], Browser]) -> None:
    page = show(example.example_audit())
    page.click(FAULT)
    proof = page.text("#proof")
    for told in ("public.srv_sync_status", "as caregiver revoked", "own rows, foreign rows", "2 foreign", "select"):
        assert told in proof
    assert "set local role authenticated;" in page.text("#proof .script")
    page.press(ESCAPE)
    assert page.run(SHOWN, "#proof") == 0
    assert page.run("return document.activeElement === document.querySelector(arguments[0])", FAULT)


def test_the_script_of_a_proof_is_copied_as_it_was_run(show: Callable[[Audit], Browser]) -> None:
    page = show(example.example_audit())
    page.command("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    page.click(FAULT)
    page.run(NOTE_WORDS, "#proof .copy")
    page.click("#proof .copy")
    assert eventually(lambda: page.run("return said"), bool)[0] == "Copied"
    assert page.run("return navigator.clipboard.readText()") == example.example_audit().findings[0].reproduction


def test_a_finding_opens_with_its_reason_its_script_and_its_fix(show: Callable[[Audit], Browser]) -> None:
    page = show(example.example_audit())
    page.click("#findings .card summary")
    card = page.text_with("#findings .card", "RLS fails open")
    assert "RLS fails open" in card
    assert "select count(*) from public.srv_sync_status;" in card
    assert "using (user_id in (select private.readable_owners()));" in card
    assert "undeclared-access:public.srv_sync_status:caregiver revoked:select" in card
    page.click("#findings .card > button")
    assert page.text("#proof h2") == "public.srv_sync_status"


def test_a_fault_of_a_whole_object_is_flagged_at_its_name(show: Callable[[Audit], Browser]) -> None:
    page = show(example.example_audit())
    page.click("#matrix th .badge")
    assert "A definer function" in page.text_with("details.card[open]", "A definer function")


def test_a_finding_about_a_column_marks_the_box_of_its_table(show: Callable[[Audit], Browser]) -> None:
    audit = example.example_audit()
    column = msgspec.structs.replace(audit.findings[0], persona="stranger", verb="update user_id")
    page = show(msgspec.structs.replace(audit, findings=(column,)))
    page.click('td.finding[data-persona="stranger"] .pip.finding[data-group="update"]')
    page.click("#proof p a")
    assert "stranger · update user_id" in page.text("details.card[open]")


@pytest.mark.parametrize(
    ("act", "objects"),
    [
        (lambda page: page.type("input[name=text]", "SRV_push"), 3),
        (lambda page: page.type("input[name=text]", "no such thing"), 0),
        (lambda page: page.type("select[name=kind]", "function"), 8),
        (lambda page: page.click("input[name=only]"), 2),
        (lambda page: page.type("select[name=persona]", "anon"), 20),
    ],
    ids=["text", "text that nothing has", "kind", "only what is not as declared", "persona"],
)
def test_filters_leave_what_fits_and_can_be_taken_back(
    show: Callable[[Audit], Browser], act: Callable[[Browser], None], objects: int
) -> None:
    page = show(example.example_audit())
    act(page)
    assert page.run(SHOWN, "#matrix tbody tr:not(.kind)") == objects
    page.click("button[type=reset]")
    assert eventually(lambda: page.run(SHOWN, "#matrix .box"), lambda shown: shown == 20 * 15) == 20 * 15


def test_a_persona_alone_has_one_column_and_only_its_findings(show: Callable[[Audit], Browser]) -> None:
    page = show(example.example_audit())
    page.type("select[name=persona]", "stranger")
    page.click("input[name=only]")
    assert page.run(SHOWN, "#matrix thead th") == 1
    assert page.run(SHOWN, "#matrix tbody tr:not(.kind)") == 1
    assert page.run(SHOWN, "#findings .card") == 1


def test_the_matrix_can_be_read_with_keys_alone(show: Callable[[Audit], Browser]) -> None:
    page = show(example.example_audit())
    page.press("/")
    assert page.run("return document.activeElement.name") == "text"
    page.run("document.querySelector('#matrix .box').focus()")
    for key in (RIGHT, DOWN, ENTER):
        page.press(key)
    assert page.text("#proof h2") == "public.srv_family_links"
    assert page.text("#proof .as strong") == "owner"
    page.press(ESCAPE)
    page.press(TAB)
    assert not page.run("return document.activeElement.classList.contains('box')")


def test_what_was_not_checked_or_proved_or_was_accepted_is_told(show: Callable[[Audit], Browser]) -> None:
    page = show(example.unchecked_audit())
    assert page.text("#summary .verdict strong") == "Not fully checked, 2 findings"
    assert page.run(SHOWN, "#matrix td.could-not-check") == 15
    assert "lock timeout" in page.text("#unchecked")
    assert "hand-over" in page.text("#not-proved")
    page.click("#accepted summary")
    reason = "pgrls does not read primary keys"
    assert reason in page.text_with("#accepted", reason)
    assert "2027-06-30" in page.text("#accepted")


def test_names_are_only_ever_text(show: Callable[[Audit], Browser]) -> None:
    page = show(example_extremes.hostile_audit())
    page.run("for (const one of document.querySelectorAll('details')) one.open = true")
    page.click("#matrix .box")
    assert page.run("return document.title") == "Policies of db.demo.medtime.app:5432/postgres"
    assert page.run("return document.querySelectorAll('img, script:not([type]), main script').length") == 0
    rows = page.run("return [...document.querySelectorAll('#matrix tbody th[scope=row]')].map(one => one.textContent)")
    assert [row.strip() for row in rows[:4]] == list(example_extremes.HOSTILE[:4])
    assert "\\u202e" in rows[5]


def test_the_page_lets_no_other_script_run(window: Browser, tmp_path: Path) -> None:
    file = tmp_path / "tampered.html"
    text = render_page(example.clean_audit())
    file.write_text(text.replace("</body>", "<script>document.title = 'broken'</script></body>"), encoding="utf-8")
    window.open(file.as_uri())
    assert window.run("return document.title") != "broken"
    assert any("Content Security Policy" in line for line in window.console())
    with pytest.raises(AssertionError, match="Trusted"):
        window.run("document.body.innerHTML = '<p>markup</p>'")
    window.console()


def test_a_large_audit_is_drawn_whole(show: Callable[[Audit], Browser]) -> None:
    page = show(example_extremes.large_audit())
    assert page.run(SHOWN, "#matrix .box") == 75 * 15


def test_paper_gets_the_findings_opened(show: Callable[[Audit], Browser]) -> None:
    page = show(example.example_audit())
    page.command("Page.printToPDF", {"preferCSSPageSize": True})
    assert page.run(SHOWN, "#findings .card .script") == 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_text_is_fainter_than_it_may_be(show: Callable[[Audit], Browser], scheme: str) -> None:
    page = show(example.unchecked_audit())
    page.prefer(scheme)
    faint = page.run(Path(__file__).with_name("contrast.js").read_text(encoding="utf-8"))
    assert faint == []


def test_a_narrow_window_scrolls_only_the_matrix_sideways(show: Callable[[Audit], Browser]) -> None:
    page = show(example.unchecked_audit())
    page.resize(390, 844)
    page.run("for (const one of document.querySelectorAll('details.card')) one.open = true")
    assert (
        page.run("const { scrollWidth, clientWidth } = document.documentElement; return scrollWidth - clientWidth") == 0
    )
    page.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center', inline: 'center'})", FAULT)
    page.click(FAULT)
    assert page.run(SHOWN, "#proof") == 1


def test_the_picture_of_the_documentation_can_be_taken(window: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(render_page(example.example_audit(), example.RULES), encoding="utf-8")
    png = picture(window, file)
    assert png.startswith(b"\x89PNG")
    assert len(png) < LARGEST
