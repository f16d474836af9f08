"""Checks which places of the site show the story that tests/support/midnight.py makes."""


def find_wrong(places, ask, is_shown):
    """Return {name: status} of the `places` that show the story but should not, or the other way round.

    `places`: those of make_places(). `is_shown`: whether they should show it.
    `ask`: function that requests an address, and returns (status, text of the response).
    """
    wrong = {}
    for name, (address, text) in places.items():
        status, content = ask(address)
        has_text = text is None or text in content
        expected = 404 if text is None and not is_shown else 200
        if status != expected or (status == 200 and has_text != is_shown):
            wrong[name] = status
    return wrong
