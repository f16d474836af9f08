"""What a visitor does with the site, in a real browser."""

from playwright.sync_api import expect, sync_playwright

from tests.support import services


def walk(chromium, address, javascript, *flags):
    """Visit the home page, a story, the search and the text-only version in a browser; return the errors."""
    errors = []
    with sync_playwright() as playwright:
        browser = services.launch(playwright, chromium, *flags)
        context = browser.new_context(ignore_https_errors=True, java_script_enabled=javascript)
        page = context.new_page()
        page.on("requestfailed", lambda request: errors.extend(services.network_errors(request)))
        page.on("console", lambda message: errors.extend(services.console_errors(message)))
        page.on("response", lambda got: errors.extend([got.url] if got.status >= 400 else []))
        try:
            steps(page, address)
            if context.cookies():
                errors.append("a cookie was set")
        except Exception as error:
            errors.append(str(error))
        browser.close()
    return "; ".join(errors)


def steps(page, address):
    """Do with `page` what a visitor does. Raises if something is missing."""
    main, title = page.get_by_role("main"), page.get_by_role("heading", level=1)
    for _ in range(3):  # so often that nginx answers one request from its cache
        page.goto(address)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Stories").click()
    page.wait_for_url("**/stories/")
    card = main.get_by_role("article").filter(has=page.locator("img")).first
    name = card.get_by_role("heading", level=3).inner_text()
    card.get_by_role("link", name=name, exact=True).click()
    expect(title).to_have_text(name)
    picture = main.locator("img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 100, "the picture didn't load"
    page.get_by_label("Search the stories").fill(name)
    page.get_by_label("Search the stories").press("Enter")
    expect(main.get_by_role("link", name=name, exact=True)).to_be_visible()
    main.get_by_role("link", name=name, exact=True).click()
    expect(title).to_have_text(name)
    page.goto(f"{page.url}?text=1")
    expect(title).to_have_text(name)
    expect(page.locator("img")).to_have_count(0)
